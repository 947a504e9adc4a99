//! How an answer ends.

/// The status of an error's answer, apart from any HTTP library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// 400.
    BadRequest,
    /// 404.
    NotFound,
    /// 405.
    MethodNotAllowed,
    /// 413.
    TooLarge,
    /// 500.
    Internal,
    /// 501.
    NotImplemented,
}

impl Status {
    /// The number.
    pub fn code(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::TooLarge => 413,
            Self::Internal => 500,
            Self::NotImplemented => 501,
        }
    }
}
