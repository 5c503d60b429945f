//! HTTP/1.1 as the server speaks it: what a request asks for, and how a response begins. Pure.
//!
//! It hides the library that reads the syntax. It never knows a file, and never reads or writes a socket.

/// The largest number of bytes of a request. It has no body, so this is what comes before the empty line.
pub(super) const MAX_HEAD: usize = 8 << 10;

/// The largest number of header fields of a request.
const MAX_FIELDS: usize = 64;

/// The status of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Ok,
    Found,
    BadRequest,
    NotFound,
    NotAllowed,
    TooLarge,
    Unavailable,
}

impl Status {
    /// The number, and the words behind it.
    pub(super) const fn line(self) -> &'static str {
        match self {
            Self::Ok => "200 OK",
            Self::Found => "302 Found",
            Self::BadRequest => "400 Bad Request",
            Self::NotFound => "404 Not Found",
            Self::NotAllowed => "405 Method Not Allowed",
            Self::TooLarge => "431 Request Header Fields Too Large",
            Self::Unavailable => "503 Service Unavailable",
        }
    }
}

/// A request that has come as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    /// The path, without what follows a question mark.
    pub(super) path: String,
    /// Whether only the head of the response is asked for.
    pub(super) head_only: bool,
    /// Whether the client may send more requests on the connection.
    pub(super) keep_alive: bool,
}

/// What the bytes are that have come so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Parsed {
    /// The beginning of a request.
    Partial,
    /// A request of so many bytes.
    Request(Request, usize),
    /// No request that this server understands. Where the next one begins is not known.
    Refused(Status),
}

/// Read a request from the bytes that have come so far.
pub(super) fn parse(bytes: &[u8]) -> Parsed {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    let length = match request.parse(bytes) {
        Ok(httparse::Status::Partial) if bytes.len() < MAX_HEAD => return Parsed::Partial,
        Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => {
            return Parsed::Refused(Status::TooLarge);
        }
        Ok(httparse::Status::Complete(length)) => length,
        Err(_) => return Parsed::Refused(Status::BadRequest),
    };
    let (Some(method), Some(target), Some(version)) =
        (request.method, request.path, request.version)
    else {
        return Parsed::Refused(Status::BadRequest);
    };
    let values = |name: &'static str| {
        let fields = request.headers.iter();
        let named = fields.filter(move |field| field.name.eq_ignore_ascii_case(name));
        named.map(|field| field.value.trim_ascii())
    };
    let has_body = values("transfer-encoding").next().is_some()
        || values("content-length").any(|length| length != b"0");
    let hosts = values("host").count();
    // RFC 9112, section 3.2: a request of version 1.1 names its host once.
    if hosts > 1 || (hosts == 0 && version == 1) {
        return Parsed::Refused(Status::BadRequest);
    }
    let head_only = match method {
        "GET" => false,
        "HEAD" => true,
        _ => return Parsed::Refused(Status::NotAllowed),
    };
    let Some(path) = path(target).filter(|_| !has_body) else {
        return Parsed::Refused(Status::BadRequest);
    };
    let connection = |option: &str| {
        let options = values("connection").flat_map(|value| value.split(|&byte| byte == b','));
        let mut options = options.map(<[u8]>::trim_ascii);
        options.any(|known| known.eq_ignore_ascii_case(option.as_bytes()))
    };
    let request = Request {
        path: path.to_owned(),
        head_only,
        keep_alive: if version == 1 {
            !connection("close")
        } else {
            connection("keep-alive")
        },
    };
    Parsed::Request(request, length)
}

/// The path in the target of a request, which may be a whole address.
fn path(target: &str) -> Option<&str> {
    let behind_scheme = target
        .split_at_checked(7)
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("http://"));
    let path = match behind_scheme {
        Some((_, rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        None => target,
    };
    let path = path.split('?').next()?;
    path.starts_with('/').then_some(path)
}

/// What a response says before its body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head<'a> {
    pub(super) status: Status,
    /// The length of the body that is announced.
    pub(super) length: u64,
    /// What the body is.
    pub(super) content_type: &'static str,
    /// Where the client is sent.
    pub(super) location: Option<&'a str>,
    pub(super) keep_alive: bool,
}

impl Head<'_> {
    /// The bytes of the head, with the empty line at its end.
    pub(super) fn bytes(self) -> Vec<u8> {
        let Self {
            status,
            length,
            content_type,
            location,
            keep_alive,
        } = self;
        let connection = if keep_alive { "keep-alive" } else { "close" };
        let line = status.line();
        let mut text = format!(
            "HTTP/1.1 {line}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nConnection: {connection}\r\n"
        );
        if status == Status::NotAllowed {
            text.push_str("Allow: GET, HEAD\r\n");
        }
        if let Some(location) = location {
            text.push_str("Location: ");
            text.push_str(location);
            text.push_str("\r\n");
        }
        text.push_str("\r\n");
        text.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn request(text: &str) -> Request {
        match parse(text.as_bytes()) {
            Parsed::Request(request, length) => {
                assert_eq!(length, text.len());
                request
            }
            other => panic!("{text:?}: {other:?}"),
        }
    }

    #[test]
    fn a_request_asks_for_a_path_and_says_whether_more_follow() {
        for (text, path, keep_alive) in [
            ("GET /a.bin HTTP/1.1\r\nHost: x\r\n\r\n", "/a.bin", true),
            (
                "GET http://127.0.0.1:8000/b/c?d=/e HTTP/1.1\r\nhost: x\r\nContent-Length: 0\r\n\r\n",
                "/b/c",
                true,
            ),
            ("GET http://x HTTP/1.1\r\nHost: x\r\n\r\n", "/", true),
            (
                "GET / HTTP/1.1\r\nHost: x\r\nConnection: TE, Close\r\n\r\n",
                "/",
                false,
            ),
            ("GET / HTTP/1.0\r\n\r\n", "/", false),
            ("GET / HTTP/1.0\nConnection: keep-alive\n\n", "/", true),
        ] {
            let request = request(text);
            assert_eq!(
                (&*request.path, request.keep_alive, request.head_only),
                (path, keep_alive, false),
                "{text:?}"
            );
        }
        assert!(request("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n").head_only);
    }

    #[test]
    fn what_is_no_request_of_this_server_is_refused() {
        for (text, status) in [
            ("GET / HTTP/1.1\r\n\r\n", Status::BadRequest),
            (
                "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
                Status::BadRequest,
            ),
            (
                "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
                Status::BadRequest,
            ),
            (
                "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
                Status::BadRequest,
            ),
            ("GET a HTTP/1.1\r\nHost: x\r\n\r\n", Status::BadRequest),
            ("GET / HTTP/9\r\n\r\n", Status::BadRequest),
            ("hello\r\n\r\n", Status::BadRequest),
            ("POST / HTTP/1.1\r\nHost: x\r\n\r\n", Status::NotAllowed),
        ] {
            assert_eq!(parse(text.as_bytes()), Parsed::Refused(status), "{text:?}");
        }
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(65));
        assert_eq!(parse(many.as_bytes()), Parsed::Refused(Status::TooLarge));
        let start = format!("GET / HTTP/1.1\r\nHost: x\r\na: {}", "b".repeat(MAX_HEAD));
        assert_eq!(
            parse(&start.as_bytes()[..MAX_HEAD - 1]),
            Parsed::Partial,
            "the end may still come"
        );
        let whole = &start.as_bytes()[..MAX_HEAD];
        assert_eq!(parse(whole), Parsed::Refused(Status::TooLarge));
    }

    #[test]
    fn a_head_has_what_a_client_needs() {
        let head = Head {
            status: Status::Found,
            length: 7,
            content_type: "text/plain",
            location: Some("/moved/a"),
            keep_alive: false,
        };
        let text = String::from_utf8(head.bytes()).unwrap();
        assert_eq!(
            text,
            "HTTP/1.1 302 Found\r\nContent-Type: text/plain\r\nContent-Length: 7\r\nConnection: close\r\nLocation: /moved/a\r\n\r\n"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }

        /// A request is understood when its last byte has come, and not before.
        #[test]
        fn a_request_is_partial_until_its_end(name in "[a-z]{1,9}", more in "[ -~]{0,20}") {
            let text = format!("GET /{name} HTTP/1.1\r\nHost: x\r\n\r\n{more}");
            let end = text.len() - more.len();
            for length in 0..end {
                prop_assert_eq!(parse(&text.as_bytes()[..length]), Parsed::Partial);
            }
            let Parsed::Request(request, length) = parse(text.as_bytes()) else {
                panic!("{text}");
            };
            prop_assert_eq!((request.path, length), (format!("/{name}"), end));
        }
    }
}
