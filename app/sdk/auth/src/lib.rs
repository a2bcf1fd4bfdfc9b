//! Who calls, what the policy lets them do.
