//! The states of a payment as a machine.

use paymentbus::{MethodKind, Status, Step};

const STEPS: [Step; 4] = [Step::Succeed, Step::Fail, Step::GiveBack, Step::Returned];

#[test]
fn every_step_from_every_state_is_decided() {
    let legal = [
        (Status::Pending, Step::Succeed, Status::Succeeded),
        (Status::Pending, Step::Fail, Status::Failed),
        (Status::Pending, Step::GiveBack, Status::Refunding),
        (Status::Succeeded, Step::GiveBack, Status::Refunding),
        (Status::Failed, Step::GiveBack, Status::Refunding),
        (Status::Succeeded, Step::Returned, Status::Refunded),
        (Status::Refunding, Step::Returned, Status::Refunded),
    ];
    for from in Status::ALL.into_iter().chain([Status::Unknown]) {
        for step in STEPS {
            let expected = legal.iter().find(|(a, b, _)| (*a, *b) == (from, step)).map(|(_, _, to)| *to);
            assert_eq!(from.after(step), expected, "{from:?} {step:?}");
        }
    }
}

#[test]
fn names_are_stored_and_restored() {
    for status in Status::ALL {
        assert_eq!(Status::restore(status.as_str()), status);
    }
    assert_eq!(Status::restore("surplus"), Status::Unknown);
    for method in MethodKind::ALL {
        assert_eq!(MethodKind::restore(method.as_str()), method);
    }
}
