//! Messages to the user: the log, and the banner above the panels.

/// Target of the window's own lines in the diagnostics; its log holds them already.
pub(crate) const WINDOW: &str = "window";

/// Number of log lines kept.
const LOG_LINES: usize = 500;

/// The log and the banner.
#[derive(Clone, Debug, Default)]
pub struct Messages {
    /// Log lines, oldest first.
    pub log: Vec<LogLine>,
    /// Banner above the panels.
    pub notice: Option<Notice>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Whether it reports an internal error.
    pub is_error: bool,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub text: String,
    pub hint: Option<String>,
    /// Whether it disappears once the workers are ready.
    pub from_pool: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct LongOperation {
    /// Displayed description.
    pub what: String,
    /// Progress, 0 to 1.
    pub share: f32,
}

impl Messages {
    /// Adds a line to the log.
    pub fn log(&mut self, text: impl Into<String>) {
        self.push(false, text.into());
    }

    /// Adds an error to the log, without a banner.
    pub fn log_error(&mut self, text: impl Into<String>) {
        self.push(true, text.into());
    }

    /// Displays an error in the banner and logs it.
    pub fn report_error(&mut self, message: &str) {
        self.push(true, message.to_owned());
        if !self.notice.as_ref().is_some_and(|notice| notice.from_pool) {
            self.notice = Some(Notice::from_message(message, false));
        }
    }

    /// Adds a line of the window itself to its log, and to the diagnostics.
    fn push(&mut self, is_error: bool, text: String) {
        if is_error {
            tracing::warn!(target: WINDOW, "{text}");
        } else {
            tracing::info!(target: WINDOW, "{text}");
        }
        self.append(LogLine { is_error, text });
    }

    /// Adds a line to the log.
    pub fn append(&mut self, line: LogLine) {
        if self.log.len() == LOG_LINES {
            self.log.remove(0);
        }
        self.log.push(line);
    }
}

impl Notice {
    /// Splits a message into its text and its `hint:`.
    pub fn from_message(message: &str, from_pool: bool) -> Self {
        let (text, hint) = match message.split_once("hint:") {
            Some((text, hint)) => (text, Some(hint.trim().to_owned())),
            None => (message, None),
        };
        Self {
            text: text.trim().to_owned(),
            hint,
            from_pool,
        }
    }
}
