//! Watches the raw bytes of a WebSocket and ends it as soon as a frame *announces* more than the limit.
//!
//! Why: actix-http looks at a frame's length only when the whole frame has arrived, so a client that announces a frame of
//! gigabytes and keeps sending would fill the memory. Invariant: no more than one frame of the limit is ever buffered.

use actix_web::error::PayloadError;
use bytes::Bytes;
use futures_util::Stream;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Follows the frames of a client: their headers, and how much of a payload is still to come.
struct Lengths {
    header: [u8; 14],
    have: usize,
    payload_left: u64,
    bytes_max: u64,
}

impl Lengths {
    /// True: every frame that has begun is within the limit.
    fn feed(&mut self, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            if self.payload_left > 0 {
                let skip = self.payload_left.min(bytes.len() as u64);
                self.payload_left -= skip;
                bytes = &bytes[skip as usize..];
                continue;
            }
            self.header[self.have] = bytes[0];
            self.have += 1;
            bytes = &bytes[1..];
            let Some(length) = self.length() else { continue };
            if length > self.bytes_max {
                return false;
            }
            (self.payload_left, self.have) = (length, 0);
        }
        true
    }

    /// The payload's length, once the header is whole.
    fn length(&self) -> Option<u64> {
        let h = &self.header;
        let short = *h.get(1).filter(|_| self.have >= 2)?;
        let mask = if short & 0x80 != 0 { 4 } else { 0 };
        let (head, length) = match short & 0x7f {
            126 => (4, u64::from(u16::from_be_bytes([h[2], h[3]]))),
            127 => (10, u64::from_be_bytes([h[2], h[3], h[4], h[5], h[6], h[7], h[8], h[9]])),
            n => (2, u64::from(n)),
        };
        (self.have >= head + mask).then_some(length)
    }
}

/// The payload of an upgraded connection, watched.
pub struct Watched<S> {
    inner: S,
    lengths: Lengths,
}

impl<S> Watched<S> {
    /// Watches `inner`: no frame of more than `bytes_max` bytes.
    pub fn new(inner: S, bytes_max: usize) -> Watched<S> {
        Watched { inner, lengths: Lengths { header: [0; 14], have: 0, payload_left: 0, bytes_max: bytes_max as u64 } }
    }
}

impl<S: Stream<Item = Result<Bytes, PayloadError>> + Unpin> Stream for Watched<S> {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match Pin::new(&mut self.inner).poll_next(cx) {
            Poll::Ready(Some(Ok(bytes))) if !self.lengths.feed(&bytes) => Poll::Ready(Some(Err(PayloadError::Overflow))),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(length: u64) -> Vec<u8> {
        let mut frame = vec![0x81];
        match length {
            0..=125 => frame.push(0x80 | length as u8),
            126..=65_535 => {
                frame.push(0x80 | 126);
                frame.extend((length as u16).to_be_bytes());
            }
            _ => {
                frame.push(0x80 | 127);
                frame.extend(length.to_be_bytes());
            }
        }
        frame.extend([1, 2, 3, 4]);
        frame
    }

    fn accepts(bytes: &[u8], step: usize) -> bool {
        let mut lengths = Lengths { header: [0; 14], have: 0, payload_left: 0, bytes_max: 65_536 };
        bytes.chunks(step).all(|chunk| lengths.feed(chunk))
    }

    #[test]
    fn a_frame_is_refused_by_its_header_alone() {
        for step in [1, 3, 1_000] {
            let mut good = Vec::new();
            for length in [0, 5, 125, 126, 65_535, 65_536, 1] {
                good.extend(masked(length));
                good.extend(vec![0xff; length as usize]);
            }
            assert!(accepts(&good, step));
            for length in [65_537, 1 << 40, u64::MAX] {
                let mut bad = good.clone();
                bad.extend(masked(length));
                assert!(!accepts(&bad, step), "{length}");
            }
        }
    }
}
