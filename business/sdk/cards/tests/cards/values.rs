//! What comes from outside.

use cards::wire::WireCharge;
use cards::{ChargeId, Provider, Reason, Status, Token};
use uuid::Uuid;

#[test]
fn a_token_is_a_few_visible_characters_and_is_never_printed() {
    let token = Token::parse("tok_visa").unwrap();
    assert!(!format!("{token:?}").contains("visa"));
    for text in ["", " ", "a b", "tok\n", "tök", "\0", &"a".repeat(201)] {
        assert!(Token::parse(text).is_err(), "{text:?}");
    }
    Token::parse(&"a".repeat(200)).unwrap();
}

#[test]
fn an_id_of_a_charge_cannot_be_a_path() {
    for text in ["", "..", "a/b", "a?b", "a b", "ä", &"a".repeat(101)] {
        assert!(ChargeId::parse(text).is_err(), "{text:?}");
    }
    assert_eq!(ChargeId::parse("ch_1-A").unwrap().as_str(), "ch_1-A");
}

#[test]
fn a_reason_is_a_word() {
    assert_eq!(Reason::restore("insufficient_funds").as_str(), "insufficient_funds");
    for text in ["", "Card <b>declined</b>", "a\nb", &"a".repeat(51)] {
        assert_eq!(Reason::restore(text).as_str(), "declined", "{text:?}");
    }
}

#[test]
fn a_charge_that_is_understood_by_half_is_none() {
    let right = WireCharge {
        id: "ch_1".to_owned(),
        reference: Uuid::now_v7(),
        amount: 999,
        currency: "USD".to_owned(),
        status: "succeeded".to_owned(),
        reason: None,
        created_at: types::now(),
    };
    let charge = right.charge().unwrap();
    assert_eq!((charge.status.clone(), charge.amount.amount), (Status::Succeeded, 999));
    assert_eq!(WireCharge::from(&charge), right);
    for wrong in [
        WireCharge { id: "a/b".to_owned(), ..right.clone() },
        WireCharge { currency: "usd".to_owned(), ..right.clone() },
        WireCharge { status: "paid".to_owned(), ..right.clone() },
    ] {
        assert_eq!(wrong.charge(), None, "{wrong:?}");
    }
    let declined = WireCharge { status: "declined".to_owned(), ..right };
    assert_eq!(declined.charge().unwrap().status, Status::Declined(Reason::restore("declined")));
}

#[test]
fn an_address_is_one_of_http() {
    for url in ["", "provider", "ftp://provider", "http://", "https://user@provider", "https://provider/?a=b"] {
        assert!(Provider::new(url, String::new().into()).is_err(), "{url:?}");
    }
    for url in ["http://127.0.0.1:4000", "https://provider.example/api", "https://provider.example/api/"] {
        assert!(Provider::new(url, String::new().into()).is_ok(), "{url:?}");
    }
}
