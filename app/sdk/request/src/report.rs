//! The refusals of one request, collected.

use apierror::ApiError;
use problem::FieldError;

/// The most refusals that are listed: an answer must not outgrow the hostile request that it answers.
const MAX_LISTED: usize = 100;

/// Every refusal so far.
#[derive(Default)]
pub(crate) struct Report {
    errors: Vec<FieldError>,
    count: usize,
}

impl Report {
    /// Adds a refusal; `error` is made only when it is listed.
    pub(crate) fn add(&mut self, error: impl FnOnce() -> FieldError) {
        self.count += 1;
        if self.errors.len() < MAX_LISTED {
            self.errors.push(error());
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// `value`, unless something was refused.
    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<T, ApiError> {
        match value {
            Some(value) if self.is_empty() => Ok(value),
            _ => Err(self.into_error()),
        }
    }

    fn into_error(self) -> ApiError {
        if self.is_empty() {
            // `read` broke its promise: it gave up without saying why.
            return ApiError::internal(Unexplained);
        }
        let (count, listed) = (self.count, self.errors.len());
        let error = ApiError::invalid(self.errors);
        if count > listed {
            error.with_detail(format!("{count} faults were found, the first {listed} are listed"))
        } else {
            error
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a request was refused without a reason")]
struct Unexplained;
