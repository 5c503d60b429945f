use std::{
    fs,
    io::{Read as _, Write as _},
    net::Shutdown,
    os::unix::net::UnixStream,
};

use super::*;
use crate::options::SlowFile;

/// A server of files with these answers, named `0`, `1` and so on, each of so many bytes.
fn server(answers: &[ServerAnswer], length: usize) -> (Server, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = |(i, &answer): (usize, &ServerAnswer)| {
        let contents = folder.path().join(format!("contents-{i}"));
        fs::write(&contents, content(i, length)).unwrap();
        SlowFile {
            name: i.to_string(),
            latency_ms: 8,
            served: Some(Served { contents, answer }),
        }
    };
    let files = answers.iter().enumerate().map(file).collect();
    let server = Server::new(&SlowData { files }).unwrap().unwrap();
    (server, folder)
}

fn content(file: usize, length: usize) -> Vec<u8> {
    let byte = b'a' + u8::try_from(file).unwrap();
    vec![byte; length]
}

fn connect(server: &mut Server) -> UnixStream {
    let (_, theirs) = server.connect().unwrap().unwrap();
    let client = UnixStream::from(theirs);
    client.set_nonblocking(true).unwrap();
    client
}

/// Let the server go on until nothing moves.
fn run(server: &mut Server) -> Vec<Happened> {
    let mut happened = Vec::new();
    while server.proceed(&mut happened).unwrap() {}
    happened
}

fn requested(connection: u32, file: u32) -> Happened {
    Happened::Requested {
        connection,
        file,
        brings: Some(10),
    }
}

/// What has come.
fn received(client: &mut UnixStream) -> String {
    let mut bytes = [0; 4096];
    let length = client.read(&mut bytes).unwrap();
    String::from_utf8(bytes[..length].to_vec()).unwrap()
}

fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n").into_bytes()
}

/// Request a path and answer at once. Returns the head and the body.
fn ask(server: &mut Server, client: &mut UnixStream, request: &[u8]) -> (String, String) {
    client.write_all(request).unwrap();
    for happened in run(server) {
        if let Happened::Requested { connection, .. } = happened {
            server.answer(connection, &mut Vec::new()).unwrap();
        }
    }
    let text = received(client);
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

/// The connection is over, and nothing more comes.
fn is_closed(client: &mut UnixStream) -> bool {
    matches!(client.read(&mut [0]), Ok(0))
}

const ALL: [ServerAnswer; 5] = [
    ServerAnswer::Whole,
    ServerAnswer::NotFound,
    ServerAnswer::Unavailable,
    ServerAnswer::Truncated,
    ServerAnswer::Redirect,
];

#[test]
fn each_file_is_answered_as_it_should_be_on_one_connection() {
    let (mut server, _folder) = server(&ALL, 10);
    let mut client = connect(&mut server);
    let mut ask = |path: &str| ask(&mut server, &mut client, &get(path));
    let (head, body) = ask("/0");
    assert_eq!(
        head,
        "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 10\r\nConnection: keep-alive"
    );
    assert_eq!(body, "a".repeat(10));
    assert!(ask("/1").0.starts_with("HTTP/1.1 404 "));
    assert!(ask("/2").0.starts_with("HTTP/1.1 503 "));
    let (head, _) = ask("/4");
    assert!(head.starts_with("HTTP/1.1 302 ") && head.ends_with("\r\nLocation: /moved/4"));
    assert_eq!(ask("/moved/4").1, "e".repeat(10));
    // At once, and the connection goes on.
    for path in ["/none", "/moved/0", "/", "/0/"] {
        assert!(ask(path).0.starts_with("HTTP/1.1 404 "), "{path}");
    }
    let (head, body) = ask("/3");
    assert!(head.contains("\r\nContent-Length: 10\r\n"));
    assert_eq!(body, "d".repeat(5));
    assert!(is_closed(&mut client));
    assert_eq!(server.connections(), 1);
    assert!(server.clients.is_empty());
}

#[test]
fn only_requests_for_files_are_held() {
    let (mut server, _folder) = server(&ALL, 10);
    let mut clients = [0, 1, 2].map(|_| connect(&mut server));
    let half = get("/1");
    for (client, bytes) in
        clients
            .iter_mut()
            .zip([&get("/4")[..], &half[..half.len() - 1], &get("/none")])
    {
        client.write_all(bytes).unwrap();
    }
    let redirect = Happened::Requested {
        connection: 0,
        file: 4,
        brings: None,
    };
    assert_eq!(run(&mut server), [redirect]);
    let nothing = clients[0].read(&mut [0]).unwrap_err();
    assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
    assert!(received(&mut clients[2]).starts_with("HTTP/1.1 404 "));
    clients[1].write_all(b"\n").unwrap();
    assert_eq!(run(&mut server), [requested(1, 1)]);
    assert_eq!(run(&mut server), []);
}

#[test]
fn requests_that_come_together_are_answered_one_after_the_other() {
    let (mut server, _folder) = server(&ALL[..2], 3);
    let mut client = connect(&mut server);
    client
        .write_all(&[get("/0"), get("/1"), get("/0")].concat())
        .unwrap();
    let mut order = Vec::new();
    let mut happened = run(&mut server);
    while let [Happened::Requested { file, .. }] = happened[..] {
        order.push(file);
        happened.clear();
        server.answer(0, &mut happened).unwrap();
    }
    assert_eq!(order, [0, 1, 0]);
    assert_eq!(received(&mut client).matches("HTTP/1.1 ").count(), 3);
}

#[test]
fn who_asks_for_the_head_gets_no_body() {
    let (mut server, _folder) = server(&ALL, 10);
    let mut client = connect(&mut server);
    for path in ["/0", "/3", "/1"] {
        let request = String::from_utf8(get(path)).unwrap();
        let request = request.replace("GET", "HEAD");
        let (head, body) = ask(&mut server, &mut client, request.as_bytes());
        assert!(head.contains("\r\nContent-Length: 1"), "{head}");
        assert_eq!(body, "", "{path}");
    }
    assert!(!server.clients.is_empty(), "the connection goes on");
}

#[test]
fn a_connection_ends_when_the_client_wants_it_or_cannot_be_understood() {
    for (request, status) in [
        ("GET /0 HTTP/1.0\r\n\r\n", "200"),
        (
            "GET /0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            "200",
        ),
        ("hello\r\n\r\n", "400"),
        ("PUT /0 HTTP/1.1\r\nHost: x\r\n\r\n", "405"),
    ] {
        let (mut server, _folder) = server(&ALL, 10);
        let mut client = connect(&mut server);
        let (head, _) = ask(&mut server, &mut client, request.as_bytes());
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        assert!(head.contains("Connection: close"));
        assert!(is_closed(&mut client), "{request:?}");
        assert!(server.clients.is_empty());
    }
}

#[test]
fn a_client_that_is_gone_does_not_wait_and_one_that_still_reads_does() {
    let (mut server, _folder) = server(&ALL, 10);
    let mut gone = connect(&mut server);
    let mut reads = connect(&mut server);
    gone.write_all(&get("/0")).unwrap();
    reads.write_all(&get("/0")).unwrap();
    run(&mut server);
    reads.shutdown(Shutdown::Write).unwrap();
    assert_eq!(run(&mut server), []);
    drop(gone);
    assert_eq!(run(&mut server), [Happened::Gone { connection: 0 }]);
    // It makes no difference whether the server has looked in between.
    let mut gone_soon = connect(&mut server);
    gone_soon.write_all(&get("/1")).unwrap();
    drop(gone_soon);
    let gone = Happened::Gone { connection: 2 };
    assert_eq!(run(&mut server), [requested(2, 1), gone]);
    server.answer(0, &mut Vec::new()).unwrap();
    server.answer(1, &mut Vec::new()).unwrap();
    assert!(received(&mut reads).ends_with("aaaaaaaaaa"));
    assert_eq!(run(&mut server), []);
    assert!(is_closed(&mut reads));
}

#[test]
fn a_request_without_end_is_refused_and_takes_no_memory() {
    let (mut server, _folder) = server(&ALL, 10);
    let mut client = connect(&mut server);
    let line = b"GET /0 HTTP/1.1\r\nHost: x\r\nA: ".to_vec();
    let endless = [line, vec![b'a'; 100 << 10]].concat();
    client.write_all(&endless).unwrap();
    assert_eq!(run(&mut server), []);
    assert!(received(&mut client).starts_with("HTTP/1.1 431 "));
    assert!(server.clients.is_empty());
}

#[test]
fn a_large_file_waits_in_its_file_until_the_client_reads() {
    const LENGTH: usize = 3 << 20;
    let (mut server, _folder) = server(&ALL, LENGTH);
    let mut client = connect(&mut server);
    client.write_all(&get("/0")).unwrap();
    run(&mut server);
    server.answer(0, &mut Vec::new()).unwrap();
    // The client reads nothing, so nothing moves.
    assert_eq!(run(&mut server), []);
    let mut got = Vec::new();
    let mut piece = vec![0; 1 << 20];
    let mut turns = 0;
    while got.len() < LENGTH {
        match client.read(&mut piece) {
            Ok(0) => panic!("it ended after {} bytes", got.len()),
            Ok(n) => got.extend_from_slice(&piece[..n]),
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                turns += 1;
                run(&mut server);
            }
        }
    }
    assert!(turns > 2, "{turns}");
    assert!(got.ends_with(&content(0, LENGTH)));
}

#[test]
fn there_are_so_many_connections_at_once_and_no_more() {
    let (mut server, _folder) = server(&ALL, 10);
    let mut clients: Vec<_> = (0..MAX_OPEN).map(|_| connect(&mut server)).collect();
    assert!(server.connect().unwrap().is_none());
    clients.pop();
    run(&mut server);
    assert!(server.connect().unwrap().is_some());
}

#[test]
fn contents_that_cannot_be_opened_are_an_error_before_the_program_starts() {
    let contents = PathBuf::from("/nonexistent/contents");
    let served = Some(Served {
        contents,
        answer: ServerAnswer::Whole,
    });
    let mut file = SlowFile {
        name: "a".to_owned(),
        latency_ms: 4,
        served,
    };
    let data = |file: &SlowFile| SlowData {
        files: vec![file.clone()],
    };
    let error = Server::new(&data(&file)).unwrap_err().to_string();
    assert!(error.contains("/nonexistent/contents"), "{error}");
    assert!(Server::is_needed(Some(&data(&file))));
    file.served = None;
    assert!(Server::new(&data(&file)).unwrap().is_none());
    assert!(!Server::is_needed(Some(&data(&file))) && !Server::is_needed(None));
}
