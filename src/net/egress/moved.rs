//! A connection whose bytes are counted, and the wait for one on which nothing moves any more.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes to and from a host.
#[derive(Debug, Default)]
pub(super) struct Moved {
    pub(super) sent: AtomicU64,
    pub(super) received: AtomicU64,
}

impl Moved {
    /// Sent and received.
    pub(super) fn bytes(&self) -> (u64, u64) {
        (self.sent.load(Ordering::Relaxed), self.received.load(Ordering::Relaxed))
    }

    /// Comes back when nothing has moved for `limit`, and at the latest after twice as long.
    pub(super) async fn idle(&self, limit: Duration) {
        let mut before = self.bytes();
        loop {
            tokio::time::sleep(limit).await;
            let now = self.bytes();
            if now == before {
                return;
            }
            before = now;
        }
    }
}

/// What a stream to a host must be.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A stream to a host that counts.
pub(super) struct Counted {
    pub(super) stream: Box<dyn Duplex>,
    pub(super) moved: Arc<Moved>,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut *self.stream).poll_read(context, buffer);
        let count = buffer.filled().len().saturating_sub(before);
        self.moved.received.fetch_add(count as u64, Ordering::Relaxed);
        polled
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut *self.stream).poll_write(context, bytes);
        if let Poll::Ready(Ok(count)) = polled {
            self.moved.sent.fetch_add(count as u64, Ordering::Relaxed);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream).poll_shutdown(context)
    }
}
