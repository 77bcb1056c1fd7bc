//! The address of a model's server.

/// Address of a server: `http[s]://host:port/prefix`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    secure: bool,
    pub(super) host: String,
    pub(super) port: u16,
    /// Without a trailing slash; may be empty.
    prefix: String,
}

impl Address {
    /// Parses `http[s]://host[:port][/prefix]`. The default scheme is `http`; a trailing `/v1` is removed, since requests add it.
    pub fn parse(url: &str) -> Result<Self, String> {
        let url = url.trim();
        let (secure, rest) = match url.strip_prefix("https://") {
            Some(rest) => (true, rest),
            None => (false, url.strip_prefix("http://").unwrap_or(url)),
        };
        let wrong = || format!("`{url}` is not an address\nhint: give one like http://127.0.0.1:8080");
        if rest.contains("://") || rest.is_empty() || rest.contains(char::is_whitespace) {
            return Err(wrong());
        }
        let (place, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = match place.strip_prefix('[') {
            Some(rest) => {
                let (host, after) = rest.split_once(']').ok_or_else(wrong)?;
                // With the interface of a link-local address, as `%eth0`.
                let address = host.split_once('%').map_or(host, |(address, _)| address);
                address.parse::<std::net::Ipv6Addr>().map_err(|_| wrong())?;
                let port = match after.strip_prefix(':') {
                    Some(port) => Some(port),
                    None if after.is_empty() => None,
                    None => return Err(wrong()),
                };
                (host, port)
            }
            None => match place.split_once(':') {
                Some((_, port)) if port.contains(':') => {
                    return Err(format!(
                        "`{url}` is not an address: IPv6 needs brackets\nhint: give one like http://[::1]:8080"
                    ));
                }
                Some((host, port)) => (host, Some(port)),
                None => (place, None),
            },
        };
        let port = match port {
            Some(port) => port.parse().map_err(|_| wrong())?,
            None if secure => 443,
            None => 80,
        };
        if host.is_empty() || host.contains(['@', '[', ']']) {
            return Err(wrong());
        }
        let prefix = prefix.trim_end_matches('/');
        let prefix = prefix.strip_suffix("v1").unwrap_or(prefix).trim_end_matches('/');
        let prefix = if prefix.is_empty() {
            String::new()
        } else {
            format!("/{prefix}")
        };
        Ok(Self {
            secure,
            host: host.to_owned(),
            port,
            prefix,
        })
    }

    /// The URL of a path below the prefix. Without the zone of a link-local address, which has a meaning only on this machine.
    pub(super) fn url(&self, path: &str) -> String {
        let mut address = self.clone();
        if let Some((host, _)) = self.host.split_once('%') {
            address.host = host.to_owned();
        }
        format!("{address}{path}")
    }

    pub(super) fn is_loopback(&self) -> bool {
        let address: Result<std::net::IpAddr, _> = self.host.parse();
        self.host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }

    /// Host and port, in the form of addresses.
    fn authority(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') {
            format!("[{host}]:{port}")
        } else {
            format!("{host}:{port}")
        }
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority(), self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_parsed_in_all_usual_forms() {
        let cases = [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("127.0.0.1:11434", "http://127.0.0.1:11434"),
            ("http://gpu:8000/v1", "http://gpu:8000"),
            ("https://api.example/v1", "https://api.example:443"),
            ("https://gpu:8443/llm", "https://gpu:8443/llm"),
            ("http://gpu:8000/v1/", "http://gpu:8000"),
            ("http://gpu/llm/v1", "http://gpu:80/llm"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("http://[::1]:8080/v1", "http://[::1]:8080"),
            ("[::1]", "http://[::1]:80"),
            (
                "http://[fe80::1%eth0]:8080/llm/v1",
                "http://[fe80::1%eth0]:8080/llm",
            ),
        ];
        for (given, expected) in cases {
            assert_eq!(Address::parse(given).unwrap().to_string(), expected, "{given}");
        }
        for wrong in [
            "https://",
            "ftp://x",
            "",
            "http://:80",
            "http://a b",
            "http://gpu:port",
            "http://user@gpu",
            "http://::1:8080",
            "::1",
            "http://[::1",
            "http://::1]:80",
            "http://[gpu]:80",
            "http://[::1]8080",
            "http://[::1]:80:80",
            "http://127.0.0.1:80:80",
        ] {
            let message = Address::parse(wrong).unwrap_err();
            assert!(message.contains("hint:"), "{wrong}: {message}");
        }
    }
}
