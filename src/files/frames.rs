//! The pictures inside a picture: a GIF and a WebP say how large they are, and then each of their frames says it again, for itself.
//! A frame beyond the canvas would unfold where nobody looked. Never decodes one: it walks from header to header.

use std::io::{BufRead, ErrorKind, Read, Result, Seek, SeekFrom};

/// Width and height in pixels.
type Size = (u64, u64);

/// Calls `each` with the place of every frame: its left upper corner, and its size. Where a picture breaks off its frames do.
pub fn of_gif(mut picture: impl BufRead + Seek, mut each: impl FnMut(Size, Size)) -> Result<()> {
    let walked = (|| {
        let head: [u8; 13] = bytes(&mut picture)?;
        skip(&mut picture, table_bytes(head[10]))?;
        loop {
            match bytes(&mut picture)? {
                [b','] => {
                    let frame: [u8; 9] = bytes(&mut picture)?;
                    let number = |at: usize| u64::from(u16::from_le_bytes([frame[at], frame[at + 1]]));
                    each((number(0), number(2)), (number(4), number(6)));
                    skip(&mut picture, table_bytes(frame[8]) + 1)?;
                }
                [b'!'] => skip(&mut picture, 1)?,
                _ => return Ok(()),
            }
            // The data of a frame or an extension: blocks, each with its length before it, up to an empty one.
            loop {
                match bytes(&mut picture)? {
                    [0] => break,
                    [length] => skip(&mut picture, u64::from(length))?,
                }
            }
        }
    })();
    ended(walked)
}

/// As [`of_gif`].
pub fn of_webp(mut picture: impl BufRead + Seek, mut each: impl FnMut(Size, Size)) -> Result<()> {
    let walked = (|| {
        skip(&mut picture, 12)?;
        loop {
            let head: [u8; 8] = bytes(&mut picture)?;
            let length = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
            let mut read = 0;
            if &head[..4] == b"ANMF" {
                // Its picture is inside, and looked at as well: the two may differ.
                let frame: [u8; 16] = bytes(&mut picture)?;
                let number = |at: usize| u64::from(u32::from_le_bytes([frame[at], frame[at + 1], frame[at + 2], 0]));
                each((2 * number(0), 2 * number(3)), (number(6) + 1, number(9) + 1));
                continue;
            }
            if matches!(&head[..4], b"VP8 " | b"VP8L") {
                let frame: [u8; 10] = bytes(&mut picture)?;
                read = 10;
                each((0, 0), frame_of_webp(head[3] == b'L', &frame));
            }
            // An odd length is followed by a byte that says nothing.
            skip(&mut picture, (length + length % 2).saturating_sub(read))?;
        }
    })();
    ended(walked)
}

fn frame_of_webp(lossless: bool, frame: &[u8; 10]) -> Size {
    if lossless {
        let bits = u64::from(u32::from_le_bytes([frame[1], frame[2], frame[3], frame[4]]));
        return ((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1);
    }
    let number = |at: usize| u64::from(u16::from_le_bytes([frame[at], frame[at + 1]]) & 0x3fff);
    (number(6), number(8))
}

/// The table of colours that this byte of flags announces.
fn table_bytes(flags: u8) -> u64 {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

fn bytes<const N: usize>(picture: &mut impl Read) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    picture.read_exact(&mut bytes).map(|()| bytes)
}

fn skip(picture: &mut (impl BufRead + Seek), count: u64) -> Result<()> {
    // Nearly always what is skipped is in the buffer already.
    if picture.fill_buf()?.len() as u64 >= count {
        picture.consume(count as usize);
        return Ok(());
    }
    picture.seek(SeekFrom::Current(count as i64)).map(drop)
}

fn ended(walked: Result<()>) -> Result<()> {
    match walked {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(()),
        other => other,
    }
}
