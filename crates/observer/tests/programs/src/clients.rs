//! Clients of the observer's server, written by hand, and programs that try to reach something else.

use std::{
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    mem,
    net::{Ipv4Addr, Shutdown, SocketAddrV4, TcpListener, TcpStream, UdpSocket},
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
    sync::{Arc, Barrier, mpsc},
    thread,
    time::Duration,
};

const SERVER: (&str, u16) = ("127.0.0.1", 8000);

/// A response: its status, where it leads, and its body.
struct Response {
    status: u16,
    location: Option<String>,
    body: Vec<u8>,
}

/// The paths in the list of addresses.
fn paths() -> Vec<String> {
    let list = fs::read_to_string("urls.txt").unwrap();
    let path = |url: &str| {
        url.strip_prefix("http://127.0.0.1:8000")
            .unwrap()
            .to_owned()
    };
    list.lines().map(path).collect()
}

fn connect() -> io::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect(SERVER)?;
    // As HTTP clients do.
    stream.set_nodelay(true)?;
    assert!(stream.nodelay()?);
    assert_eq!(stream.peer_addr()?.to_string(), "127.0.0.1:8000");
    assert!(stream.local_addr()?.ip().is_loopback());
    Ok(BufReader::new(stream))
}

fn get(stream: &mut BufReader<TcpStream>, path: &str) -> io::Result<Response> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n");
    stream.get_mut().write_all(request.as_bytes())?;
    receive(stream)
}

fn receive(stream: &mut impl BufRead) -> io::Result<Response> {
    let (mut status, mut length, mut location) = (None, 0, None);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end();
        let Some(status) = status else {
            let number = line.strip_prefix("HTTP/1.1 ").unwrap().split(' ').next();
            status = number.map(|number| number.parse::<u16>().unwrap());
            continue;
        };
        if line.is_empty() {
            let mut body = vec![0; length];
            stream.read_exact(&mut body)?;
            return Ok(Response {
                status,
                location,
                body,
            });
        }
        let (name, value) = line.split_once(": ").unwrap();
        match name {
            "Content-Length" => length = value.parse().unwrap(),
            "Location" => location = Some(value.to_owned()),
            _ => {}
        }
    }
}

/// Get a file, wherever it leads. Returns what a person wants to know.
fn download(stream: &mut BufReader<TcpStream>, path: &str) -> String {
    let mut path = path.to_owned();
    loop {
        match get(stream, &path) {
            Ok(Response {
                location: Some(to), ..
            }) => path = to,
            Ok(Response { status, body, .. }) => {
                return format!("{path} {status} {}", super::digest(&body));
            }
            Err(error) => return format!("{path} {:?}", error.kind()),
        }
    }
}

pub(crate) fn run(mode: &str, number: usize) -> Option<u64> {
    match mode {
        "http-serial" => serial(),
        "http-at-once" => at_once(number),
        "http-as-completed" => as_completed(),
        "http-tokio" => with_tokio(number),
        "http-ureq" => with_ureq(number),
        "http-reaches" => reaches(u16::try_from(number).unwrap()),
        "http-again" => again(u16::try_from(number).unwrap()),
        "http-nonblocking" => nonblocking(),
        "http-half" => half(),
        "http-huge" => huge(),
        "http-many" => many(number),
        "http-slow-reader" => slow_reader(),
        "http-gives-up" => gives_up(),
        "http-limit" => limited(Duration::from_millis(number.try_into().unwrap())),
        "http-limit-again" => limited_again(Duration::from_millis(number.try_into().unwrap())),
        _ => return None,
    }
    Some(0)
}

/// All on one connection, as long as it lives.
fn serial() {
    for line in one_after_the_other(&paths()) {
        println!("{line}");
    }
}

fn one_after_the_other(paths: &[String]) -> Vec<String> {
    let mut stream = connect().unwrap();
    let each = paths.iter().map(|path| {
        let line = download(&mut stream, path);
        if line.ends_with("UnexpectedEof") {
            stream = connect().unwrap();
        }
        line
    });
    each.collect()
}

/// So many threads, each with a connection of its own.
fn at_once(threads: usize) {
    let paths = paths();
    let share = paths.len().div_ceil(threads);
    let workers: Vec<_> = paths
        .chunks(share)
        .map(|paths| {
            let paths = paths.to_vec();
            thread::spawn(move || one_after_the_other(&paths))
        })
        .collect();
    for worker in workers {
        for line in worker.join().unwrap() {
            println!("{line}");
        }
    }
}

fn as_completed() {
    let (sender, receiver) = mpsc::channel();
    for path in paths() {
        let sender = sender.clone();
        thread::spawn(move || {
            let line = download(&mut connect().unwrap(), &path);
            sender.send(line).unwrap();
        });
    }
    drop(sender);
    for line in receiver {
        println!("{line}");
    }
}

/// All at once, in a runtime that waits for events.
fn with_tokio(workers: usize) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .unwrap();
    let paths = paths();
    runtime.block_on(async {
        let tasks: Vec<_> = paths
            .into_iter()
            .map(|path| {
                tokio::spawn(async move {
                    let mut stream = tokio::net::TcpStream::connect(SERVER).await.unwrap();
                    stream.set_nodelay(true).unwrap();
                    let request =
                        format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
                    stream.write_all(request.as_bytes()).await.unwrap();
                    let mut bytes = Vec::new();
                    stream.read_to_end(&mut bytes).await.unwrap();
                    match receive(&mut &bytes[..]) {
                        Ok(response) => {
                            let digest = super::digest(&response.body);
                            format!("{path} {} {digest}", response.status)
                        }
                        Err(error) => format!("{path} {:?}", error.kind()),
                    }
                })
            })
            .collect();
        for task in tasks {
            println!("{}", task.await.unwrap());
        }
    });
}

/// A client that keeps connections for later, shared by so many threads.
fn with_ureq(threads: usize) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_mins(10)))
        .build()
        .into();
    let paths = paths();
    let share = paths.len().div_ceil(threads);
    let download = |path: &String| {
        let response = agent.get(format!("http://127.0.0.1:8000{path}")).call();
        let mut response = response.unwrap();
        let status = response.status().as_u16();
        let end = ureq::ResponseExt::get_uri(&response).path().to_owned();
        match response.body_mut().read_to_vec() {
            Ok(body) => format!("{end} {status} {}", super::digest(&body)),
            Err(_) => format!("{end} UnexpectedEof"),
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = paths
            .chunks(share)
            .map(|paths| scope.spawn(move || paths.iter().map(download).collect::<Vec<_>>()))
            .collect();
        for line in workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
        {
            println!("{line}");
        }
    });
}

fn say<T>(what: &str, result: io::Result<T>) {
    match result {
        Ok(_) => println!("{what}: reached"),
        Err(error) => println!("{what}: {}", error.raw_os_error().unwrap_or(0)),
    }
}

fn socket(family: i32, kind: i32, protocol: i32) -> io::Result<OwnedFd> {
    // SAFETY: all arguments are plain numbers, and a descriptor that is returned belongs to nobody else.
    unsafe {
        match libc::socket(family, kind, protocol) {
            fd if fd >= 0 => Ok(OwnedFd::from_raw_fd(fd)),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

fn address(family: i32, ip: Ipv4Addr, port: u16) -> libc::sockaddr_in {
    libc::sockaddr_in {
        sin_family: family.try_into().unwrap(),
        sin_port: port.to_be(),
        sin_addr: libc::in_addr {
            s_addr: u32::from(ip).to_be(),
        },
        sin_zero: [0; 8],
    }
}

fn connect_raw(socket: &impl AsRawFd, to: &libc::sockaddr_in) -> io::Result<()> {
    let length = mem::size_of_val(to).try_into().unwrap();
    // SAFETY: the address lives through the call, and has this length.
    match unsafe { libc::connect(socket.as_raw_fd(), (&raw const *to).cast(), length) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Try to reach what listens at a port, and other places.
fn reaches(port: u16) {
    say("server", TcpStream::connect(SERVER));
    say("other port", TcpStream::connect(("127.0.0.1", port)));
    say("other host", TcpStream::connect(("192.0.2.1", 8000)));
    let limit = Duration::from_secs(1);
    let local = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port).into();
    say("with a limit", TcpStream::connect_timeout(&local, limit));
    say("ipv6", TcpStream::connect(("::1", port)));
    say("udp", UdpSocket::bind("127.0.0.1:0"));
    say("listen", TcpListener::bind("127.0.0.1:0"));
    let multipath = socket(libc::AF_INET, libc::SOCK_STREAM, libc::IPPROTO_MPTCP);
    say("many paths", multipath);
    let to = address(libc::AF_INET, Ipv4Addr::LOCALHOST, port);
    let tcp = socket(libc::AF_INET, libc::SOCK_STREAM, 0).unwrap();
    let length = mem::size_of_val(&to).try_into().unwrap();
    // SAFETY: message and address live through the call, and have these lengths.
    let sent = unsafe {
        libc::sendto(
            tcp.as_raw_fd(),
            b"x".as_ptr().cast(),
            1,
            libc::MSG_FASTOPEN | libc::MSG_NOSIGNAL,
            (&raw const to).cast(),
            length,
        )
    };
    say(
        "while sending",
        if sent < 0 {
            Err(io::Error::last_os_error())
        } else {
            Ok(())
        },
    );
}

/// Try to connect a socket of the server anew: by itself, by a copy, and by an address that changes during the call.
fn again(port: u16) {
    let elsewhere = address(libc::AF_INET, Ipv4Addr::LOCALHOST, port);
    let server = address(libc::AF_INET, Ipv4Addr::LOCALHOST, 8000);
    let nothing = address(libc::AF_UNSPEC, Ipv4Addr::UNSPECIFIED, 0);
    let stream = TcpStream::connect(SERVER).unwrap();
    say("taken apart", connect_raw(&stream, &nothing));
    say("anew", connect_raw(&stream, &elsewhere));
    say("again", connect_raw(&stream, &server));
    say(
        "by a copy",
        connect_raw(&stream.try_clone().unwrap(), &elsewhere),
    );
    let closed = TcpStream::connect(SERVER).unwrap();
    closed.shutdown(Shutdown::Both).unwrap();
    say("after its end", connect_raw(&closed, &elsewhere));
    let socket = socket(libc::AF_INET, libc::SOCK_STREAM, 0).unwrap();
    let copy = socket.try_clone().unwrap();
    say("first", connect_raw(&socket, &server));
    say("a copy from before", connect_raw(&copy, &elsewhere));
    // It is a socket of its own, which nobody has connected.
    say("for the server", connect_raw(&copy, &server));
    changing_address(port);
    from_two_threads();
}

/// One thread connects, and another one changes the port in memory all the while.
fn changing_address(port: u16) {
    use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
    static DONE: AtomicBool = AtomicBool::new(false);
    let to = Box::leak(Box::new(address(libc::AF_INET, Ipv4Addr::LOCALHOST, 8000)));
    let at = &raw mut to.sin_port;
    let shared = at.addr();
    let changer = thread::spawn(move || {
        let at = std::ptr::with_exposed_provenance_mut::<u16>(shared);
        while !DONE.load(SeqCst) {
            for port in [port, 8000] {
                // SAFETY: the memory is never freed. It is written on purpose while another thread reads it.
                unsafe { at.write_volatile(port.to_be()) };
            }
        }
    });
    at.expose_provenance();
    for _ in 0..200 {
        let socket = socket(libc::AF_INET, libc::SOCK_STREAM, 0).unwrap();
        // Reached or refused: what listens at the other port must not notice.
        let _ = connect_raw(&socket, to);
    }
    DONE.store(true, SeqCst);
    changer.join().unwrap();
}

/// Two threads connect one socket at the same time.
fn from_two_threads() {
    let socket = Arc::new(socket(libc::AF_INET, libc::SOCK_STREAM, 0).unwrap());
    let start = Arc::new(Barrier::new(2));
    let threads = [0, 1].map(|_| {
        let (socket, start) = (Arc::clone(&socket), Arc::clone(&start));
        thread::spawn(move || {
            start.wait();
            connect_raw(&*socket, &address(libc::AF_INET, Ipv4Addr::LOCALHOST, 8000)).is_ok()
        })
    });
    let connected = threads.map(|thread| thread.join().unwrap());
    println!("one of two: {}", connected.contains(&true));
}

/// A socket that does not block, and limits on time that were set before it was connected.
fn nonblocking() {
    let flags = libc::SOCK_STREAM | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    let socket = socket(libc::AF_INET, flags, libc::IPPROTO_TCP).unwrap();
    let stream = TcpStream::from(socket);
    let limit = Some(Duration::from_secs(77));
    stream.set_read_timeout(limit).unwrap();
    let server = address(libc::AF_INET, Ipv4Addr::LOCALHOST, 8000);
    connect_raw(&stream, &server).unwrap();
    let fd = stream.as_raw_fd();
    // A read would not tell: it also ends at the limit.
    // SAFETY: asks for flags of a descriptor.
    let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
    println!("does not block: {}", flags & libc::O_NONBLOCK != 0);
    println!("limit: {}", stream.read_timeout().unwrap() == limit);
    // SAFETY: asks for flags of a descriptor.
    let flags = unsafe { libc::fcntl(fd, libc::F_GETFD) };
    println!("closes: {}", flags & libc::FD_CLOEXEC != 0);
    let inherited = socket_without_flags();
    connect_raw(&inherited, &server).unwrap();
    // SAFETY: as above.
    let flags = unsafe { libc::fcntl(inherited.as_raw_fd(), libc::F_GETFD) };
    println!("is inherited: {}", flags & libc::FD_CLOEXEC == 0);
    stream.set_nonblocking(false).unwrap();
    println!("{}", download(&mut BufReader::new(stream), &paths()[0]));
}

fn socket_without_flags() -> OwnedFd {
    socket(libc::AF_INET, libc::SOCK_STREAM, 0).unwrap()
}

/// Half a request, and beside it an honest one.
fn half() {
    let mut stream = connect().unwrap();
    stream.get_mut().write_all(b"GET /file").unwrap();
    println!("{}", download(&mut connect().unwrap(), &paths()[0]));
    drop(stream);
}

/// A request of 10 MB, and then an honest one.
fn huge() {
    let mut stream = connect().unwrap();
    let line = vec![b'a'; 10 << 20];
    let head = b"GET / HTTP/1.1\r\nHost: x\r\nX: ";
    let sent = stream
        .get_mut()
        .write_all(head)
        .and_then(|()| stream.get_mut().write_all(&line));
    println!("sent: {}", sent.is_ok());
    println!("status: {}", receive(&mut stream).map_or(0, |r| r.status));
    println!("{}", download(&mut connect().unwrap(), &paths()[0]));
}

/// So many connections at once.
fn many(number: usize) {
    let open: Vec<_> = (0..number)
        .map_while(|_| TcpStream::connect(SERVER).ok())
        .collect();
    println!("connected: {}", open.len());
    drop(open);
    println!("{}", download(&mut connect().unwrap(), &paths()[0]));
}

/// A response that is read in small pieces, with the read of a file in between.
fn slow_reader() {
    let mut stream = connect().unwrap();
    let path = &paths()[0];
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    stream.get_mut().write_all(request.as_bytes()).unwrap();
    let mut piece = vec![0; 10_000];
    let first = stream.get_mut().read(&mut piece).unwrap();
    // The clock moves while the rest is still to come.
    let list = fs::read("urls.txt").unwrap();
    let mut length = first;
    let end = loop {
        match stream.get_mut().read(&mut piece).unwrap() {
            0 => break length,
            n => length += n,
        }
        if piece.contains(&b'z') {
            break length;
        }
    };
    println!("{} {}", list.len() > 1, end > 1 << 20);
}

/// A request that nobody waits for, and then one that somebody waits for.
fn gives_up() {
    let paths = paths();
    let mut stream = connect().unwrap();
    let request = format!("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", paths[0]);
    stream.get_mut().write_all(request.as_bytes()).unwrap();
    drop(stream);
    println!("{}", download(&mut connect().unwrap(), &paths[1]));
}

/// A connection with a limit on time, on which file 1 was requested.
fn requested_within(limit: Duration) -> TcpStream {
    let mut stream = TcpStream::connect(SERVER).unwrap();
    stream.set_read_timeout(Some(limit)).unwrap();
    let request = format!("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", paths()[1]);
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

/// Every call that waits at a socket, one after the other, each on a connection of its own.
fn limited(limit: Duration) {
    let say = |call: &str, got: io::Result<usize>| match got {
        Ok(got) => println!("{call}: {}", got > 0),
        Err(error) => println!("{call}: {:?}", error.kind()),
    };
    let mut buffer = [0; 64];
    let mut stream = requested_within(limit);
    say("recvfrom", stream.read(&mut buffer));
    drop(stream);
    let stream = requested_within(limit);
    say("recvmsg", receive_message(&stream, &mut buffer));
    drop(stream);
    let mut file = fs::File::from(OwnedFd::from(requested_within(limit)));
    say("read nothing", file.read(&mut []).map(|_| 1));
    say("read", file.read(&mut buffer));
    drop(file);
    let mut file = fs::File::from(OwnedFd::from(requested_within(limit)));
    say(
        "readv",
        file.read_vectored(&mut [io::IoSliceMut::new(&mut buffer)]),
    );
}

fn receive_message(stream: &TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    let mut part = libc::iovec {
        iov_base: buffer.as_mut_ptr().cast(),
        iov_len: buffer.len(),
    };
    // SAFETY: all bytes may be zero in this structure. It and the buffer live through the call.
    let got = unsafe {
        let mut message: libc::msghdr = mem::zeroed();
        message.msg_iov = &raw mut part;
        message.msg_iovlen = 1;
        libc::recvmsg(stream.as_raw_fd(), &raw mut message, 0)
    };
    usize::try_from(got).map_err(|_| io::Error::last_os_error())
}

/// Wait for the answer again and again, each time up to the limit.
fn limited_again(limit: Duration) {
    let mut stream = requested_within(limit);
    let mut buffer = [0; 64];
    let got = loop {
        match stream.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            got => break got,
        }
    };
    println!("got: {}", got.unwrap() > 0);
}
