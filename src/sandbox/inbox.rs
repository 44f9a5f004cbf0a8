//! Where the listening socket of a jail arrives: it is made inside, in a network of its own, and served outside, by our proxy.

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags};
use std::io::{Error, ErrorKind, IoSliceMut, Result};
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// The longest wait for a helper that does not come up.
const LONGEST: Duration = Duration::from_secs(10);

/// A socket that arrives is not for children that are started meanwhile.
#[cfg(target_os = "linux")]
const FLAGS: RecvFlags = RecvFlags::CMSG_CLOEXEC;
#[cfg(not(target_os = "linux"))]
const FLAGS: RecvFlags = RecvFlags::empty();

/// Takes one listening socket.
#[derive(Debug)]
pub struct ListenerInbox(UnixStream);

/// Both ends: ours, and the one that the helper inherits.
pub fn pair() -> Result<(ListenerInbox, UnixStream)> {
    let (ours, theirs) = UnixStream::pair()?;
    ours.set_read_timeout(Some(LONGEST))?;
    Ok((ListenerInbox(ours), theirs))
}

impl ListenerInbox {
    /// Waits for the socket, at most 10 s; call it after the start, where blocking is allowed.
    pub fn receive(self) -> Result<TcpListener> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut byte = [0];
        rustix::net::recvmsg(&self.0, &mut [IoSliceMut::new(&mut byte)], &mut control, FLAGS)?;
        let sent = control.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut handles) => handles.next(),
            _ => None,
        });
        let gone = || Error::new(ErrorKind::BrokenPipe, "the jail ended before it listened");
        sent.map(TcpListener::from).ok_or_else(gone)
    }
}
