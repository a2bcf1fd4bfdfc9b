//! Notices, and who sent them.

use cards::Status;
use cards::webhook::{Error, Headers, Secret, SecretError, TOLERANCE};
use chrono::TimeDelta;
use proptest::prelude::*;
use types::Timestamp;

const BODY: &str = r#"{"type": "charge.succeeded", "data": {"id": "ch_1", "reference": "01890a5d-ac96-774b-bcce-b302099a8057",
    "amount": 999, "currency": "USD", "status": "succeeded", "created_at": "2026-01-01T00:00:00Z"}}"#;

fn secret() -> Secret {
    Secret::parse(&"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned().into()).unwrap()
}

fn moment() -> Timestamp {
    Timestamp::from_timestamp(1_674_087_231, 0).unwrap()
}

/// The example of the specification's reference libraries, signed by them.
#[test]
fn a_signature_is_what_the_specification_says() {
    let body = br#"{"test": 2432232314}"#;
    let signature = secret().sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body);
    assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[test]
fn a_signed_notice_of_now_is_believed() {
    let signature = secret().sign("msg_1", "1674087231", BODY.as_bytes());
    let several = format!("v1,AAAA v2,whatever {signature}");
    for signature in [&signature, &several] {
        let headers = Headers { id: "msg_1", timestamp: "1674087231", signature };
        let charge = secret().verify(headers, BODY.as_bytes(), moment()).unwrap().unwrap();
        assert_eq!((charge.status, charge.id.as_str(), charge.amount.amount), (Status::Succeeded, "ch_1", 999));
    }
}

#[test]
fn what_is_not_signed_like_this_is_not_believed() {
    let signature = secret().sign("msg_1", "1674087231", BODY.as_bytes());
    let other = Secret::parse(&"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned().into()).unwrap();
    let forged = other.sign("msg_1", "1674087231", BODY.as_bytes());
    let bare = signature.trim_start_matches("v1,").to_owned();
    for (id, timestamp, signature, body) in [
        ("msg_2", "1674087231", signature.as_str(), BODY),
        ("msg_1", "1674087232", &signature, BODY),
        ("msg_1", "1674087231", &forged, BODY),
        ("msg_1", "1674087231", &bare, BODY),
        ("msg_1", "1674087231", "v1,", BODY),
        ("msg_1", "1674087231", "", BODY),
        ("msg_1", "1674087231", &signature, &BODY.replace("999", "998")),
    ] {
        let refused = secret().verify(Headers { id, timestamp, signature }, body.as_bytes(), moment());
        assert_eq!(refused, Err(Error::Signature), "{id} {timestamp} {signature}");
    }
}

#[test]
fn a_notice_of_another_time_is_not_believed() {
    let signature = secret().sign("msg_1", "1674087231", BODY.as_bytes());
    let headers = Headers { id: "msg_1", timestamp: "1674087231", signature: &signature };
    let verify = |away: TimeDelta| secret().verify(headers, BODY.as_bytes(), moment() + away).map(|_| ());
    assert_eq!(verify(TOLERANCE), Ok(()));
    assert_eq!(verify(-TOLERANCE), Ok(()));
    assert_eq!(verify(TOLERANCE + TimeDelta::seconds(1)), Err(Error::Time));
    assert_eq!(verify(-TOLERANCE - TimeDelta::seconds(1)), Err(Error::Time));
    for timestamp in ["", "soon", "9223372036854775808"] {
        let signature = secret().sign("msg_1", timestamp, BODY.as_bytes());
        let headers = Headers { id: "msg_1", timestamp, signature: &signature };
        assert_eq!(secret().verify(headers, BODY.as_bytes(), moment()), Err(Error::Signature), "{timestamp}");
    }
    let signature = secret().sign("msg_1", "-9223372036854775808", BODY.as_bytes());
    let headers = Headers { id: "msg_1", timestamp: "-9223372036854775808", signature: &signature };
    assert_eq!(secret().verify(headers, BODY.as_bytes(), moment()), Err(Error::Time));
}

#[test]
fn notices_of_something_else_are_passed_over_and_broken_ones_are_told() {
    for (body, expected) in [
        (r#"{"type": "payout.paid", "data": 5}"#, Ok(None)),
        (r#"{"type": "charge.succeeded", "data": {}}"#, Err(Error::Unreadable)),
        (r#"{"data": {}}"#, Err(Error::Unreadable)),
        ("[]", Err(Error::Unreadable)),
        ("", Err(Error::Unreadable)),
    ] {
        let signature = secret().sign("msg_1", "1674087231", body.as_bytes());
        let headers = Headers { id: "msg_1", timestamp: "1674087231", signature: &signature };
        assert_eq!(secret().verify(headers, body.as_bytes(), moment()), expected, "{body}");
    }
}

#[test]
fn a_secret_is_long_enough_and_not_printed() {
    for text in ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_*"] {
        assert_eq!(Secret::parse(&text.to_owned().into()).err(), Some(SecretError), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn no_header_and_no_body_does_harm(id in ".{0,40}", timestamp in ".{0,24}", signature in ".{0,90}", body in any::<Vec<u8>>()) {
        let headers = Headers { id: &id, timestamp: &timestamp, signature: &signature };
        prop_assert_eq!(secret().verify(headers, &body, moment()), Err(Error::Signature));
    }
}
