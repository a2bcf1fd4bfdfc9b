//! Which key a token is verified with is for the folder to say, and for nothing that the token says.

use std::net::TcpListener;

use base64::Engine as _;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use types::Role;

use crate::attacks::all_refused;
use crate::ground::{Ground, encode};

/// Signs what is asked for with a key of the folder.
fn signed_by(ground: &Ground, kid: &str, algorithm: Algorithm, header: &Value, claims: &str) -> String {
    let pem = std::fs::read(ground.keys.path().join(format!("{kid}.pem"))).unwrap();
    let key = match algorithm {
        Algorithm::EdDSA => EncodingKey::from_ed_pem(&pem),
        Algorithm::ES256 => EncodingKey::from_ec_pem(&pem),
        other => panic!("no key is made for {other:?}"),
    };
    let signed = format!("{}.{}", encode(header.to_string()), encode(claims));
    let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &key.unwrap(), algorithm).unwrap();
    format!("{signed}.{signature}")
}

#[tokio::test]
async fn each_of_several_keys_verifies_what_it_signed_by_its_own_algorithm_and_nothing_else() {
    let ground = Ground::new().await;
    let user = ground.add("ada", &[Role::Admin]).await;
    let claims = ground.claims(&user).to_string();
    let mut keys = vec![(ground.header()["kid"].as_str().unwrap().to_owned(), "EdDSA", Algorithm::EdDSA)];
    keys.push((ground.keys.generate(keystore::Algorithm::Es256).unwrap(), "ES256", Algorithm::ES256));
    let mut attacks = Vec::new();
    for (signer, (own_kid, _, algorithm)) in keys.iter().enumerate() {
        for (named, (kid, ..)) in keys.iter().enumerate() {
            for (said, (_, alg, _)) in keys.iter().enumerate() {
                let header = json!({"alg": alg, "typ": "at+jwt", "kid": kid});
                let token = signed_by(&ground, own_kid, *algorithm, &header, &claims);
                if signer == named && named == said {
                    assert!(ground.bearer(&token).await.is_ok(), "{alg}");
                } else {
                    attacks.push((format!("signed by {signer}, kid of {named}, {alg}"), token));
                }
            }
        }
        for alg in ["RS256", "RS384", "RS512", "PS256", "ES384", "ES256K", "EdDSA448", "Ed25519", "HS256", "none"] {
            let header = json!({"alg": alg, "typ": "at+jwt", "kid": own_kid});
            let token = signed_by(&ground, own_kid, *algorithm, &header, &claims);
            attacks.push((format!("signed by {signer} as {alg}"), token));
        }
    }
    assert_eq!(attacks.len(), 6 + 20);
    all_refused(&ground, attacks).await;
}

#[tokio::test]
async fn nobody_is_called_at_an_address_that_a_token_names() {
    let ground = Ground::new().await;
    let stranger = Ground::new().await;
    let user = ground.add("ada", &[Role::Admin]).await;
    let claims = ground.claims(&user).to_string();
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let url = format!("http://{}/jwks.json", trap.local_addr().unwrap());
    let theirs = stranger.keys.snapshot().active().unwrap().jwk().unwrap();
    let their_kid = theirs["kid"].clone();
    let our_kid = ground.header()["kid"].clone();
    let der = base64::engine::general_purpose::STANDARD.encode([0x30, 0x03, 0x02, 0x01, 0x00]);
    let mut attacks = Vec::new();
    for kid in [&our_kid, &their_kid, &json!(url), &Value::Null] {
        for (member, value) in [
            ("jku", json!(url)),
            ("x5u", json!(url)),
            ("jwk", theirs.clone()),
            ("jwk", json!({"kty": "OKP", "crv": "Ed25519", "x": theirs["x"], "jku": url})),
            ("x5c", json!([der])),
            ("iss", json!(url)),
        ] {
            let mut header = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": kid});
            header[member] = value;
            if kid.is_null() {
                header.as_object_mut().unwrap().remove("kid");
            }
            attacks.push((header.to_string(), stranger.forge(&header.to_string(), &claims)));
        }
    }
    // The issuer's own documents are not fetched either, whatever issuer the claims name.
    let mut foreign = ground.claims(&user);
    foreign["iss"] = json!(url.trim_end_matches("/jwks.json"));
    attacks.push(("a foreign issuer".to_owned(), stranger.forge(&stranger.header().to_string(), &foreign.to_string())));
    all_refused(&ground, attacks).await;
    let caught = trap.accept().map(|(_, peer)| peer);
    assert_eq!(caught.unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "somebody called");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_flood_of_unknown_keys_opens_no_file() {
    let ground = Ground::new().await;
    let user = ground.add("ada", &[Role::Admin]).await;
    let claims = ground.claims(&user).to_string();
    let signed: Vec<String> = (0..64)
        .map(|number: u32| {
            let header = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": encode([number as u8; 32])});
            ground.forge(&header.to_string(), &claims)
        })
        .collect();
    // The folder is looked at now, and then once a second.
    ground.bearer(&signed[0]).await.unwrap_err();
    let watch = watch::Watch::of(ground.keys.path());
    for _ in 0..20 {
        for token in &signed {
            ground.bearer(token).await.unwrap_err();
        }
    }
    assert_eq!(watch.opened(), 0, "1,280 requests had the keys read");
    // That is no blind eye: a change is read.
    ground.keys.rotate(keystore::Algorithm::EdDsa).unwrap();
    assert!(watch.opened() > 0);
}

#[cfg(target_os = "linux")]
mod watch {
    use std::fs::File;
    use std::mem::MaybeUninit;
    use std::path::Path;

    use rustix::fd::OwnedFd;
    use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};
    use rustix::io::Errno;

    /// Counts how often files of a folder, or the folder itself, are opened.
    pub(super) struct Watch(OwnedFd);

    impl Watch {
        pub(super) fn of(folder: &Path) -> Self {
            let inotify = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).unwrap();
            inotify::add_watch(&inotify, folder, WatchFlags::OPEN).unwrap();
            let watch = Self(inotify);
            // It sees what it is to see.
            drop(File::open(folder.join("keys.json")).unwrap());
            assert_eq!(watch.opened(), 1);
            watch
        }

        /// Since the last time it was asked.
        pub(super) fn opened(&self) -> usize {
            let mut buffer = [MaybeUninit::uninit(); 4096];
            let mut reader = Reader::new(&self.0, &mut buffer);
            let mut opened = 0;
            loop {
                match reader.next() {
                    Ok(_) => opened += 1,
                    Err(Errno::WOULDBLOCK) => return opened,
                    Err(error) => panic!("{error}"),
                }
            }
        }
    }
}
