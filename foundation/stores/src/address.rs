//! Where a store is, as settings say it.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use url::Url;

/// Where a store is: a folder, or a bucket of S3.
///
/// `file:///path`, or `s3://key:secret@bucket/prefix?region=eu-central-1&endpoint=https://s3.example.com`. Key and secret are
/// percent-encoded; without them, the machine's own role is asked for credentials.
#[derive(Clone)]
pub struct Address {
    pub(crate) name: String,
    pub(crate) place: Place,
}

#[derive(Clone)]
pub(crate) enum Place {
    Folder(PathBuf),
    Bucket(Box<Bucket>),
}

#[derive(Clone)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) prefix: String,
    pub(crate) region: String,
    pub(crate) endpoint: Option<String>,
    pub(crate) credentials: Option<(String, String)>,
}

/// The text is no address of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be file:///path, or s3://key:secret@bucket/prefix?region=..&endpoint=https://..")]
pub struct AddressError;

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let url = Url::parse(text).map_err(|_| AddressError)?;
        match url.scheme() {
            "file" if url.query().is_none() && url.fragment().is_none() => {
                let path = url.to_file_path().map_err(|()| AddressError)?;
                // One folder has one name, whether or not a slash ends it.
                Ok(Self::folder(path.components().collect()))
            }
            "s3" => Self::bucket(&url),
            _ => Err(AddressError),
        }
    }

    /// A folder, which is made when it is not there.
    pub fn folder(path: PathBuf) -> Self {
        Self { name: format!("file://{}", path.display()), place: Place::Folder(path) }
    }

    /// What the store is called, wherever it is spoken of: no two have one name. It holds no credentials.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn bucket(url: &Url) -> Result<Self, AddressError> {
        let name = url.host_str().filter(|name| !name.is_empty()).ok_or(AddressError)?.to_owned();
        if url.port().is_some() || url.fragment().is_some() {
            return Err(AddressError);
        }
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            (key, Some(secret)) if !key.is_empty() && !secret.is_empty() => Some((decoded(key)?, decoded(secret)?)),
            _ => return Err(AddressError),
        };
        let (mut region, mut endpoint) = ("us-east-1".to_owned(), None);
        for (parameter, value) in url.query_pairs() {
            match parameter.as_ref() {
                "region" if !value.is_empty() => region = value.into_owned(),
                "endpoint" if is_endpoint(&value) => endpoint = Some(value.trim_end_matches('/').to_owned()),
                _ => return Err(AddressError),
            }
        }
        let prefix = decoded(url.path().trim_matches('/'))?;
        let mut shown = if prefix.is_empty() { format!("s3://{name}") } else { format!("s3://{name}/{prefix}") };
        if let Some(place) = endpoint.as_deref().and_then(place) {
            // Buckets of one name may be at several places.
            shown.push_str(&format!("?endpoint={place}"));
        }
        let bucket = Bucket { name, prefix, region, endpoint, credentials };
        Ok(Self { name: shown, place: Place::Bucket(Box::new(bucket)) })
    }
}

/// Without credentials.
impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

fn decoded(text: &str) -> Result<String, AddressError> {
    percent_decode_str(text).decode_utf8().map(Into::into).map_err(|_| AddressError)
}

/// Host and port of an endpoint.
fn place(endpoint: &str) -> Option<String> {
    let url = Url::parse(endpoint).ok()?;
    Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
}

fn is_endpoint(text: &str) -> bool {
    let has_place = |url: Url| url.has_host() && url.username().is_empty() && url.query().is_none();
    (text.starts_with("http://") || text.starts_with("https://")) && Url::parse(text).is_ok_and(has_place)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bucket(text: &str) -> Bucket {
        match Address::parse(text).unwrap().place {
            Place::Bucket(bucket) => *bucket,
            Place::Folder(path) => panic!("{}", path.display()),
        }
    }

    #[test]
    fn a_folder_and_a_bucket_are_read_and_named_without_credentials() {
        for text in ["file:///var/lib/films", "file:///var/lib/films/", "file:///var/./lib//films"] {
            assert_eq!(Address::parse(text).unwrap().name(), "file:///var/lib/films");
        }
        let text = "s3://AKIA:a%2Fb%2Bc@films/media/new?region=eu-central-1&endpoint=https://s3.example.com:9000/";
        let read = bucket(text);
        assert_eq!(
            (read.name.as_str(), read.prefix.as_str(), read.region.as_str()),
            ("films", "media/new", "eu-central-1")
        );
        assert_eq!(read.endpoint.as_deref(), Some("https://s3.example.com:9000"));
        assert_eq!(read.credentials, Some(("AKIA".to_owned(), "a/b+c".to_owned())));
        let address = Address::parse(text).unwrap();
        assert_eq!(format!("{address:?}"), "s3://films/media/new?endpoint=s3.example.com:9000");
        let elsewhere = Address::parse("s3://films/media/new?endpoint=https://s3.example.com").unwrap();
        assert_eq!(elsewhere.name(), "s3://films/media/new?endpoint=s3.example.com:443");
        assert_eq!(Address::parse("s3://films/media/new").unwrap().name(), "s3://films/media/new");
        assert_eq!(bucket("s3://films").credentials, None);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "films",
            "file://host/path",
            "file:///path?x=1",
            "http://bucket",
            "s3://",
            "s3://key@films",
            "s3://:secret@films",
            "s3://films:80",
            "s3://films?endpoint=ftp://x",
            "s3://films?endpoint=https://a:b@x",
            "s3://films?colour=red",
            "s3://films?region=",
        ] {
            assert_eq!(Address::parse(text).unwrap_err(), AddressError, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_the_reader_panic_and_no_secret_is_shown(text in "\\PC{0,30}", secret in "[a-z]{12}zq") {
            let _ = Address::parse(&text);
            let address = Address::parse(&format!("s3://key:{secret}@films/a")).unwrap();
            prop_assert!(!format!("{:?}", address).contains("zq"), "{}", address.name());
        }
    }
}
