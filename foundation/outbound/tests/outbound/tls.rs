//! Whom a client trusts.

use std::sync::Arc;

use outbound::{Call, Client, Error, Options, OptionsError, StatusCode, Url};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use crate::server::{read_request, text};
use crate::{options, soon};

/// A server of TLS for `name`, with the certificate of its authority.
async fn server(name: &str) -> (u16, String, JoinSet<()>) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            read_request(&mut stream, &mut Vec::new()).await.unwrap();
            stream.write_all(text(200, "", "in confidence").as_bytes()).await.unwrap();
            let _ = stream.shutdown().await;
        }
    });
    (port, authority.pem(), tasks)
}

async fn call(port: u16, authorities: Vec<String>) -> Result<outbound::Answer, Error> {
    let client = Client::new(Options { authorities, ..options() }).unwrap();
    client.call(Call::get(Url::parse(&format!("https://localhost:{port}/")).unwrap()), soon()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_of_one_s_own_is_trusted_when_it_is_named() {
    let (port, authority, _tasks) = server("localhost").await;
    let answer = call(port, vec![authority]).await.unwrap();
    assert_eq!((answer.status, answer.body.as_ref()), (StatusCode::OK, b"in confidence".as_slice()));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_trusted_gets_nothing() {
    let (stranger, _, _stranger) = server("localhost").await;
    let (other_name, authority, _other) = server("elsewhere.test").await;
    for (port, authorities) in [(stranger, vec![]), (stranger, vec![authority.clone()]), (other_name, vec![authority])]
    {
        let error = call(port, authorities).await.unwrap_err();
        assert!(matches!(error, Error::Unreachable { sent: false, .. }), "{error:?}");
        assert!(format!("{error:?}").to_lowercase().contains("certificate"), "{error:?}");
    }
}

#[test]
fn an_authority_that_is_no_certificate_is_refused() {
    let pem = "-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n";
    let made = Client::new(Options { authorities: vec![pem.to_owned()], ..options() });
    assert!(matches!(made.err(), Some(OptionsError::Authority(_) | OptionsError::Client(_))));
}
