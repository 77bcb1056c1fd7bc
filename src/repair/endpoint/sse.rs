//! The stream of a chat completion: server-sent events, or one JSON object from servers without streaming.

use serde_json::Value;

/// Assembles lines from pieces that may end anywhere, even inside a character.
#[derive(Debug, Default)]
pub struct Lines {
    held: Vec<u8>,
}

impl Lines {
    /// Adds a piece; returns the lines that are complete, without line ends.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        self.held.extend_from_slice(bytes);
        let mut lines = Vec::new();
        while let Some(end) = self.held.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.held.drain(..=end).collect();
            lines.push(
                String::from_utf8_lossy(&line)
                    .trim_end_matches(['\r', '\n'])
                    .to_owned(),
            );
        }
        lines
    }

    /// The incomplete last line.
    pub fn rest(&mut self) -> Option<String> {
        let rest = std::mem::take(&mut self.held);
        (!rest.is_empty()).then(|| String::from_utf8_lossy(&rest).into_owned())
    }
}

/// Content of a line of the stream.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Piece {
    /// Text of the answer.
    pub text: String,
    /// Reasoning text.
    pub reasoning: String,
    /// Reason to stop: `stop`, `length`, ….
    pub finish: Option<String>,
    /// Token counts, if given.
    pub usage: Option<Usage>,
    /// Whether the stream ends.
    pub done: bool,
    /// An error that the server reports within the stream.
    pub error: Option<String>,
}

/// Token counts of the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Of the prompt.
    pub prompt: u64,
    /// Of the answer.
    pub completion: u64,
}

/// Parses a line; `None` for blank lines, comments and other fields, an error for data that is not JSON.
pub fn piece(line: &str) -> Result<Option<Piece>, String> {
    let Some(data) = line.strip_prefix("data:") else {
        return Ok(None);
    };
    let data = data.trim();
    if data == "[DONE]" {
        return Ok(Some(Piece {
            done: true,
            ..Piece::default()
        }));
    }
    if data.is_empty() {
        return Ok(None);
    }
    let value: Value = serde_json::from_str(data).map_err(|error| error.to_string())?;
    Ok(Some(read(&value)))
}

/// Reads a chunk of a stream or a whole answer; they differ only in `delta` and `message`.
pub fn read(value: &Value) -> Piece {
    let mut piece = Piece {
        error: error_of(value),
        ..Piece::default()
    };
    // A chunk with token counts only has no choices.
    if let Some(choice) = value["choices"].get(0) {
        let body = if choice["delta"].is_object() {
            &choice["delta"]
        } else {
            &choice["message"]
        };
        let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
        piece.text = text("content");
        piece.reasoning = text("reasoning_content");
        if piece.reasoning.is_empty() {
            piece.reasoning = text("reasoning");
        }
        piece.finish = choice["finish_reason"].as_str().map(str::to_owned);
    }
    let count = |key: &str| value["usage"][key].as_u64();
    if let (Some(prompt), Some(completion)) = (count("prompt_tokens"), count("completion_tokens")) {
        piece.usage = Some(Usage { prompt, completion });
    }
    piece
}

/// The message of an error object, in the formats of known servers.
pub fn error_of(value: &Value) -> Option<String> {
    let error = value.get("error").filter(|error| !error.is_null())?;
    let message = error
        .as_str()
        .or_else(|| error["message"].as_str())
        .or_else(|| value["message"].as_str());
    let kind = error["type"].as_str().unwrap_or_default();
    let message = message.map_or_else(|| error.to_string(), str::to_owned);
    Some(if kind.is_empty() || message.contains(kind) {
        message
    } else {
        format!("{message} ({kind})")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_complete_wherever_pieces_end() {
        let stream = "data: {\"a\":\"ü\"}\r\n\r\ndata: [DONE]\n";
        for cut in 0..stream.len() {
            let mut lines = Lines::default();
            let mut found = lines.push(&stream.as_bytes()[..cut]);
            found.extend(lines.push(&stream.as_bytes()[cut..]));
            assert_eq!(found, ["data: {\"a\":\"ü\"}", "", "data: [DONE]"], "cut at {cut}");
            assert_eq!(lines.rest(), None);
        }
        let mut lines = Lines::default();
        assert!(lines.push(b"data: {\"ch").is_empty());
        assert_eq!(lines.rest().as_deref(), Some("data: {\"ch"));
    }

    #[test]
    fn unusual_chunks_are_parsed() {
        let at = |line: &str| piece(line).unwrap().unwrap();
        assert_eq!(
            at(r#"data: {"choices":[{"delta":{"role":"assistant","content":null}}]}"#).text,
            ""
        );
        assert_eq!(
            at(r#"data:{"choices":[{"delta":{"content":"a"},"finish_reason":null}]}"#).text,
            "a"
        );
        let counted = at(r#"data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":5}}"#);
        assert_eq!(
            counted.usage,
            Some(Usage {
                prompt: 3,
                completion: 5
            })
        );
        assert_eq!(
            at(r#"data: {"choices":[{"delta":{},"finish_reason":"length"}]}"#)
                .finish
                .as_deref(),
            Some("length")
        );
        assert_eq!(
            at(r#"data: {"choices":[{"delta":{"reasoning":"hm"}}]}"#).reasoning,
            "hm"
        );
        assert_eq!(
            at(r#"data: {"choices":[{"delta":{"reasoning_content":"hm"}}]}"#).reasoning,
            "hm"
        );
        assert!(at("data: [DONE]").done);
        assert_eq!(
            at(r#"data: {"error":{"message":"no memory","type":"server_error"}}"#)
                .error
                .as_deref(),
            Some("no memory (server_error)")
        );
        assert_eq!(piece(": keep-alive"), Ok(None));
        assert_eq!(piece("event: message"), Ok(None));
        assert_eq!(piece(""), Ok(None));
        assert!(piece("data: {\"choices\":[{\"del").is_err());
    }

    #[test]
    fn an_answer_without_stream_is_parsed_alike() {
        let whole = serde_json::json!({"choices":[{"message":{"content":"x = 1"},"finish_reason":"stop"}]});
        let piece = read(&whole);
        assert_eq!(
            (piece.text.as_str(), piece.finish.as_deref()),
            ("x = 1", Some("stop"))
        );
    }
}
