//! Access control: token, origin and rate. Reads the heads of requests only. A server without a token answers only
//! requests to a name of this machine, so that a page open in a browser cannot use the browser to call it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use hyper::header::{AUTHORIZATION, HOST, HeaderMap, ORIGIN};
use hyper::{Method, StatusCode};

#[derive(Debug)]
pub struct Guard {
    token: Option<String>,
    /// Whether names other than this machine's are rejected.
    local: bool,
    per_second: u32,
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

/// Remaining requests of an address.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    since: Instant,
}

/// A rejected request.
#[derive(Clone, Debug, PartialEq)]
pub struct GuardError {
    /// Status of the response.
    pub status: StatusCode,
    /// Reason, with a hint.
    pub message: String,
    /// Seconds until a retry makes sense.
    pub retry_after_s: Option<u64>,
}

/// A burst may use this many seconds' worth of requests.
const BURST_S: f64 = 2.0;

/// Maximum number of remembered addresses; far more than clients.
const ADDRESSES: usize = 10_000;

impl Guard {
    /// `local`: the server listens on loopback only. `per_second`: requests per second and address, 0 for no limit.
    pub fn new(token: Option<String>, local: bool, per_second: u32) -> Self {
        Self {
            token,
            local,
            per_second,
            buckets: Mutex::default(),
        }
    }

    /// Accepts or rejects a request.
    pub fn check(
        &self,
        peer: IpAddr,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
    ) -> Result<(), GuardError> {
        self.check_rate(peer, Instant::now())?;
        self.check_names(headers)?;
        // Load balancers ask for health without a token; the page holds nothing but itself.
        let open = matches!(path, "/health" | "/healthz" | "/" | "/web") && method == Method::GET;
        match &self.token {
            Some(token) if !open && !has_token(headers, token) => Err(GuardError {
                status: StatusCode::UNAUTHORIZED,
                message: "a token is required\nhint: send it as `Authorization: Bearer TOKEN`, or in the address as http://token:TOKEN@HOST"
                    .to_owned(),
                retry_after_s: None,
            }),
            _ => Ok(()),
        }
    }

    fn check_rate(&self, peer: IpAddr, now: Instant) -> Result<(), GuardError> {
        if self.per_second == 0 {
            return Ok(());
        }
        let rate = f64::from(self.per_second);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= ADDRESSES && !buckets.contains_key(&peer) {
            buckets.clear();
        }
        let full = Bucket {
            left: rate * BURST_S,
            since: now,
        };
        let bucket = buckets.entry(peer).or_insert(full);
        let earned = now.saturating_duration_since(bucket.since).as_secs_f64() * rate;
        bucket.left = (bucket.left + earned).min(rate * BURST_S);
        bucket.since = now;
        if bucket.left < 1.0 {
            return Err(GuardError {
                status: StatusCode::TOO_MANY_REQUESTS,
                message: format!(
                    "more than {} requests per second from one address\nhint: use a socket or /score_batch for many candidates, or start the server with a higher --max-rate",
                    self.per_second
                ),
                retry_after_s: Some(1),
            });
        }
        bucket.left -= 1.0;
        Ok(())
    }

    fn check_names(&self, headers: &HeaderMap) -> Result<(), GuardError> {
        let host = headers.get(HOST).and_then(|value| value.to_str().ok());
        let refused = |message: String| GuardError {
            status: StatusCode::FORBIDDEN,
            message,
            retry_after_s: None,
        };
        if self.local
            && self.token.is_none()
            && let Some(host) = host
            && !is_loopback_name(without_port(host))
        {
            let message = format!(
                "`{}` is not a name of this machine\nhint: address a server without a token as 127.0.0.1 or localhost",
                host.chars().take(80).collect::<String>()
            );
            return Err(refused(message));
        }
        // Browsers always send `Origin`, and pages cannot change it.
        let Some(origin) = headers.get(ORIGIN) else {
            return Ok(());
        };
        let own = origin
            .to_str()
            .ok()
            .and_then(|origin| origin.split_once("://"))
            .is_some_and(|(_, name)| host.is_some_and(|host| host.eq_ignore_ascii_case(name)));
        if own {
            Ok(())
        } else {
            Err(refused(
                "request from a page of another site\nhint: open this server's own page at /".to_owned(),
            ))
        }
    }
}

/// Whether the headers carry the token, as bearer or as the password of basic authentication: the older Python client
/// cannot send headers, but takes a password from the address.
fn has_token(headers: &HeaderMap, token: &str) -> bool {
    let Some(value) = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let Some((scheme, rest)) = value.split_once(' ') else {
        return false;
    };
    if scheme.eq_ignore_ascii_case("bearer") {
        return constant_time_eq(rest.trim().as_bytes(), token.as_bytes());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return false;
    }
    let Some(decoded) = from_base64(rest.trim()) else {
        return false;
    };
    let colon = decoded.iter().position(|&byte| byte == b':');
    colon.is_some_and(|colon| constant_time_eq(&decoded[colon + 1..], token.as_bytes()))
}

/// Compares in constant time for equal lengths.
fn constant_time_eq(given: &[u8], expected: &[u8]) -> bool {
    let different = given.iter().zip(expected).fold(0, |sum, (a, b)| sum | (a ^ b));
    std::hint::black_box(different) == 0 && given.len() == expected.len()
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0u32, 0);
    for symbol in text.trim_end_matches('=').bytes() {
        let value = match symbol {
            b'A'..=b'Z' => symbol - b'A',
            b'a'..=b'z' => symbol - b'a' + 26,
            b'0'..=b'9' => symbol - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    Some(bytes)
}

fn without_port(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    }
}

/// Whether a name can only mean this machine.
pub fn is_loopback_name(name: &str) -> bool {
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(is_local)
}

/// Whether an address is loopback.
pub fn is_local(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn headers(pairs: &[(hyper::header::HeaderName, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().expect("a header")))
            .collect()
    }

    fn status(guard: &Guard, path: &str, pairs: &[(hyper::header::HeaderName, &str)]) -> u16 {
        match guard.check(PEER, &Method::GET, path, &headers(pairs)) {
            Ok(()) => 200,
            Err(refused) => refused.status.as_u16(),
        }
    }

    #[test]
    fn a_token_is_accepted_as_bearer_or_as_password_only() {
        let guard = Guard::new(Some("a-long-secret".into()), true, 0);
        // `echo -n user:a-long-secret | base64`
        let basic = "Basic dXNlcjphLWxvbmctc2VjcmV0";
        assert_eq!(
            status(&guard, "/state", &[(AUTHORIZATION, "Bearer a-long-secret")]),
            200
        );
        assert_eq!(
            status(&guard, "/state", &[(AUTHORIZATION, "bearer a-long-secret")]),
            200
        );
        assert_eq!(status(&guard, "/state", &[(AUTHORIZATION, basic)]), 200);
        for wrong in [
            "Bearer a-long-secre",
            "Bearer a-long-secret2",
            "Bearer",
            "Basic !!",
            "Basic dXNlcg==",
            "Digest x",
        ] {
            assert_eq!(
                status(&guard, "/state", &[(AUTHORIZATION, wrong)]),
                401,
                "{wrong}"
            );
        }
        assert_eq!(status(&guard, "/state", &[]), 401);
        assert_eq!(status(&guard, "/health", &[]), 200);
    }

    #[test]
    fn pages_of_other_sites_and_foreign_names_are_rejected() {
        let guard = Guard::new(None, true, 0);
        for own in [
            "127.0.0.1:8000",
            "localhost:8000",
            "LOCALHOST",
            "[::1]:8000",
            "127.8.9.1",
            "[::1]",
            "[::ffff:127.0.0.1]:8000",
        ] {
            assert_eq!(status(&guard, "/step", &[(HOST, own)]), 200, "{own}");
        }
        for foreign in [
            "evil.example",
            "evil.example:8000",
            "localhost.evil.example",
            "10.0.0.1",
            "[::2]:1",
            "::1:8000",
            "[::ffff:10.0.0.1]:1",
            "",
        ] {
            assert_eq!(status(&guard, "/step", &[(HOST, foreign)]), 403, "{foreign}");
        }
        let host = (HOST, "127.0.0.1:8000");
        assert_eq!(
            status(&guard, "/", &[host.clone(), (ORIGIN, "http://127.0.0.1:8000")]),
            200
        );
        for foreign in [
            "http://evil.example",
            "null",
            "http://127.0.0.1:9000",
            "http://127.0.0.1:8000.evil.example",
        ] {
            assert_eq!(
                status(&guard, "/", &[host.clone(), (ORIGIN, foreign)]),
                403,
                "{foreign}"
            );
        }
    }

    #[test]
    fn the_rate_limit_is_per_address_and_recovers_with_time() {
        let guard = Guard::new(None, true, 10);
        let other: IpAddr = "10.0.0.1".parse().expect("an address");
        let now = Instant::now();
        let allowed = (0..100).filter(|_| guard.check_rate(PEER, now).is_ok()).count();
        assert_eq!(allowed, 20);
        assert!(guard.check_rate(other, now).is_ok());
        let later = now + Duration::from_millis(500);
        let allowed = (0..100).filter(|_| guard.check_rate(PEER, later).is_ok()).count();
        assert_eq!(allowed, 5);
    }
}
