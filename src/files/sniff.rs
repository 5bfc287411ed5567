//! What a file is, by its content alone: names and announced types are not looked at, for anybody can write anything there.
//!
//! Let in are the pictures, videos, PDFs and plain texts of [`FileKind`]; everything else is refused, above all what a browser
//! would run: SVG, HTML, XML, scripts, also where they call themselves plain text. Never decodes a picture: its size comes from
//! its header, and one that would unfold beyond the limit is refused before anybody opens it.

use super::frames;
use crate::domain::content::FileKind;
use crate::domain::text::is_unseen;
use crate::limits;
use std::fs::File;
use std::io::{BufRead, BufReader, Result as Read, Seek};
use std::os::unix::fs::FileExt;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub kind: FileKind,
    /// Of a picture, in pixels.
    pub size: Option<(u32, u32)>,
}

/// What is said of everything else.
const ACCEPTED: &str = "accepted are JPEG, PNG, GIF and WebP pictures, MP4 videos, PDFs and plain UTF-8 texts";

/// Looks at a file of `bytes` bytes. The inner `Err`: why it is refused, and what to send instead.
pub fn look(file: &File, bytes: u64) -> Read<Result<Found, String>> {
    let mut head = vec![0; bytes.min(limits::FILE_HEAD_BYTES) as usize];
    file.read_exact_at(&mut head, 0)?;
    Ok(find(&head, bytes, BufReader::new(file)))
}

/// As [`look`]; `head`: the first [`limits::FILE_HEAD_BYTES`], `whole`: all of it.
fn find(head: &[u8], bytes: u64, whole: impl BufRead + Seek) -> Result<Found, String> {
    if head.is_empty() {
        return Err("the file is empty".into());
    }
    let kind = match infer::get(head) {
        Some(found) => kind_of(found.mime_type(), head).ok_or_else(|| format!("this is {}; {ACCEPTED}", found.mime_type()))?,
        None => FileKind::Text,
    };
    let bytes_max = bytes_max(kind);
    if kind != FileKind::Text && bytes > bytes_max {
        return Err(format!("a file of the kind {} may have at most {bytes_max} bytes", kind.name()));
    }
    let size = match kind {
        FileKind::Jpeg | FileKind::Png | FileKind::Gif | FileKind::Webp => Some(picture_size(kind, head, whole)?),
        FileKind::Mp4 | FileKind::Pdf => None,
        FileKind::Text => {
            check_text(head, bytes > head.len() as u64)?;
            if bytes > bytes_max {
                return Err(format!("a text file may have at most {bytes_max} bytes; {ACCEPTED}"));
            }
            None
        }
    };
    Ok(Found { kind, size })
}

/// Bytes that a file of this kind may have.
pub fn bytes_max(kind: FileKind) -> u64 {
    match kind {
        FileKind::Jpeg | FileKind::Png | FileKind::Gif | FileKind::Webp => limits::PICTURE_BYTES_MAX,
        FileKind::Mp4 => limits::VIDEO_BYTES_MAX,
        FileKind::Pdf => limits::PDF_BYTES_MAX,
        FileKind::Text => limits::TEXT_FILE_BYTES_MAX,
    }
}

fn kind_of(mime: &str, head: &[u8]) -> Option<FileKind> {
    match mime {
        "image/jpeg" => Some(FileKind::Jpeg),
        "image/png" => Some(FileKind::Png),
        "image/gif" => Some(FileKind::Gif),
        "image/webp" => Some(FileKind::Webp),
        "video/mp4" => Some(FileKind::Mp4),
        // Found anywhere in the first kilobyte otherwise: after a page of HTML, too.
        "application/pdf" if head.starts_with(b"%PDF-") => Some(FileKind::Pdf),
        _ => None,
    }
}

/// Of the canvas; no frame may be beyond it.
fn picture_size(kind: FileKind, head: &[u8], mut whole: impl BufRead + Seek) -> Result<(u32, u32), String> {
    use imagesize::ImageType;
    let damaged = || format!("the header of this {} is damaged", kind.name());
    let same = match imagesize::image_type(head).map_err(|_| damaged())? {
        ImageType::Jpeg => kind == FileKind::Jpeg,
        ImageType::Png => kind == FileKind::Png && head.get(12..16) == Some(b"IHDR"),
        ImageType::Gif => kind == FileKind::Gif && matches!(head.get(4..6), Some(b"7a" | b"9a")),
        ImageType::Webp => kind == FileKind::Webp,
        _ => false,
    };
    // Whoever took the picture may have put a smaller one, and much else, before it.
    whole.rewind().map_err(|_| damaged())?;
    let size = imagesize::reader_size(&mut whole).map_err(|_| damaged())?;
    let (width, height) = (size.width as u64, size.height as u64);
    if !same || width == 0 || height == 0 {
        return Err(damaged());
    }
    if width.max(height) > limits::PICTURE_SIDE_PX_MAX || width * height > limits::PICTURE_PIXELS_MAX {
        return Err(format!(
            "a picture may have at most {} pixels, and {} on a side; this one says {width} × {height}",
            limits::PICTURE_PIXELS_MAX,
            limits::PICTURE_SIDE_PX_MAX
        ));
    }
    let mut beyond = None;
    let mut frame = |(left, top): (u64, u64), (wide, high): (u64, u64)| {
        if left + wide > width || top + high > height {
            beyond = Some((wide, high));
        }
    };
    let walked = whole.rewind().and_then(|()| match kind {
        FileKind::Gif => frames::of_gif(whole, &mut frame),
        FileKind::Webp => frames::of_webp(whole, &mut frame),
        _ => Ok(()),
    });
    walked.map_err(|_| damaged())?;
    match beyond {
        Some((wide, high)) => {
            Err(format!("a frame of {wide} × {high} pixels is beyond the picture's own {width} × {height}; save it anew"))
        }
        None => Ok((width as u32, height as u32)),
    }
}

/// What no plain text begins with, and what none contains, in lower case.
const BEGINS: [&str; 3] = ["<", "#!", "%!"];
const CONTAINS: [&str; 16] = [
    "<!doctype",
    "<html",
    "<head",
    "<body",
    "<svg",
    "<script",
    "<style",
    "<iframe",
    "<object",
    "<embed",
    "<img",
    "<link",
    "<meta",
    "<?xml",
    "<?php",
    "<foreignobject",
];

/// `cut`: there is more, and the last character may be cut.
fn check_text(head: &[u8], cut: bool) -> Result<(), String> {
    let unknown = || format!("its content is of no known kind; {ACCEPTED}");
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if cut && error.error_len().is_none() => std::str::from_utf8(&head[..error.valid_up_to()]).map_err(|_| unknown())?,
        Err(_) => return Err(unknown()),
    };
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(unknown());
    }
    let markup = || format!("a text with markup or a script in it; {ACCEPTED}");
    let begin = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if BEGINS.iter().any(|word| begin.starts_with(word)) {
        return Err(markup());
    }
    let lower = text.to_ascii_lowercase();
    if CONTAINS.iter().any(|word| lower.contains(word)) { Err(markup()) } else { Ok(()) }
}

/// The endings that a file of this kind may have; the first is given to one that has none of them.
fn endings(kind: FileKind) -> &'static [&'static str] {
    match kind {
        FileKind::Jpeg => &["jpg", "jpeg"],
        FileKind::Png => &["png"],
        FileKind::Gif => &["gif"],
        FileKind::Webp => &["webp"],
        FileKind::Mp4 => &["mp4", "m4v"],
        FileKind::Pdf => &["pdf"],
        FileKind::Text => &["txt", "md", "log"],
    }
}

/// A name that is for showing and saving, and harmless wherever it is used: no path, no control or direction characters, nothing
/// a file system stumbles over, and the ending of what the file is, so that a text called `a.bat` is saved as `a.bat.txt`.
pub fn harmless_name(name: &str, kind: FileKind) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    // What nobody sees makes an ending look like another.
    let odd = |c: char| c.is_control() || matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') || is_unseen(c);
    let clean: String = last.chars().filter(|c| !odd(*c)).collect();
    let clean = clean.trim_matches(|c: char| c == '.' || c.is_whitespace());
    let (stem, ending) = match clean.rsplit_once('.') {
        Some((stem, ending)) if endings(kind).contains(&ending.to_ascii_lowercase().as_str()) => (stem, ending),
        _ => (clean, endings(kind)[0]),
    };
    let room = limits::FILE_NAME_CHARS_MAX - ending.len() - 1;
    let stem: String = stem.chars().take(room).collect();
    let stem = stem.trim_matches(|c: char| c == '.' || c.is_whitespace());
    format!("{}.{ending}", if stem.is_empty() { "file" } else { stem })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend([8, 6, 0, 0, 0, 0, 0, 0, 0]);
        bytes
    }

    fn jpeg(width: u16, height: u16) -> Vec<u8> {
        let mut bytes = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xc0\0\x11\x08".to_vec();
        bytes.extend(height.to_be_bytes());
        bytes.extend(width.to_be_bytes());
        bytes.extend([3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1, 0xff, 0xd9]);
        bytes
    }

    fn webp() -> Vec<u8> {
        let mut bytes = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f".to_vec();
        bytes.extend((5u32 | 8 << 14).to_le_bytes());
        bytes.extend([0; 8]);
        bytes
    }

    fn of(bytes: &[u8]) -> Result<Found, String> {
        find(bytes, bytes.len() as u64, Cursor::new(bytes))
    }

    /// As if it had more bytes than it has.
    fn of_bytes(head: &[u8], bytes: u64) -> Result<Found, String> {
        find(head, bytes, Cursor::new(head))
    }

    // SPEC: INB-7
    #[test]
    fn what_a_file_is_stands_in_its_first_bytes() {
        let found = |kind, size| Ok(Found { kind, size });
        assert_eq!(of(&png(640, 480)), found(FileKind::Png, Some((640, 480))));
        assert_eq!(of(&jpeg(300, 200)), found(FileKind::Jpeg, Some((300, 200))));
        assert_eq!(of(b"GIF89a\x03\0\x04\0\0\0\0;"), found(FileKind::Gif, Some((3, 4))));
        assert_eq!(of(&webp()), found(FileKind::Webp, Some((6, 9))));
        assert_eq!(of(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"), found(FileKind::Mp4, None));
        assert_eq!(of(b"%PDF-1.7\n1 0 obj\n"), found(FileKind::Pdf, None));
        assert_eq!(of("发票抬头:某某公司\r\n\t1 < 2\n".as_bytes()), found(FileKind::Text, None));
    }

    // SPEC: INB-7
    #[test]
    fn what_could_run_or_unfold_is_refused_with_what_is_accepted() {
        let executables: [&[u8]; 4] = [b"MZ\x90\0\x03", b"\x7fELF\x02\x01\x01\0", b"#!/bin/sh\nrm -rf /", b"%!PS-Adobe-3.0"];
        let archives: [&[u8]; 4] = [b"PK\x03\x04\x14\0\0\0", b"\x1f\x8b\x08\0", b"Rar!\x1a\x07\0", b"7z\xbc\xaf\x27\x1c"];
        let pages: [&[u8]; 9] = [
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            b"<?xml version=\"1.0\"?><svg/>",
            b"<!DOCTYPE html><p>x",
            b"\xef\xbb\xbf  <html><script>alert(1)</script>",
            b"hello <SCRIPT>alert(1)</SCRIPT>",
            b"<html>%PDF-1.7",
            b"<a href=javascript:alert(1)>x</a>",
            b"text and <img src=x onerror=alert(1)>",
            b"<?php system($_GET['c']);",
        ];
        for bytes in executables.iter().chain(&archives).chain(&pages) {
            let refused = of(bytes).expect_err(&String::from_utf8_lossy(bytes));
            assert!(refused.contains("accepted are JPEG"), "{refused}");
        }
        for bytes in [&b"a\0b"[..], b"\xff\xfea\0b\0", b"\x1b[2Jx", b"caf\xe9", &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]] {
            assert!(of(bytes).is_err(), "{bytes:?}");
        }
        assert_eq!(of(b""), Err("the file is empty".into()));
    }

    // SPEC: INB-7
    #[test]
    fn pictures_are_bounded_in_pixels_and_every_kind_in_bytes() {
        assert!(of(&png(10_000, 5_000)).is_ok());
        for (width, height) in [(10_000, 5_001), (u32::MAX, u32::MAX), (65_536, 1), (1, 1 << 31)] {
            let refused = of(&png(width, height)).unwrap_err();
            assert!(refused.contains(&format!("{width} × {height}")), "{refused}");
        }
        for damaged in [&png(0, 1)[..], &png(5, 5)[..20], b"\x89PNG\r\n\x1a\nnot a header at all", b"\xff\xd8\xff\xe0\0\x10JFIF", b"GIF8"] {
            assert!(of(damaged).unwrap_err().contains("damaged"), "{damaged:?}");
        }
        assert!(of_bytes(&png(1, 1), limits::PICTURE_BYTES_MAX).is_ok());
        assert!(of_bytes(&png(1, 1), limits::PICTURE_BYTES_MAX + 1).is_err());
        assert!(of_bytes(b"%PDF-1.4", limits::PDF_BYTES_MAX + 1).is_err());
        let long = "字".repeat(limits::TEXT_FILE_BYTES_MAX as usize / 3 + 1);
        let refused = of_bytes(&long.as_bytes()[..limits::FILE_HEAD_BYTES as usize], long.len() as u64).unwrap_err();
        assert!(refused.contains("at most 1048576 bytes"), "{refused}");
    }

    fn gif(canvas: (u16, u16), frames: &[(u16, u16, u16, u16)]) -> Vec<u8> {
        let mut bytes = b"GIF89a".to_vec();
        bytes.extend([canvas.0, canvas.1].map(u16::to_le_bytes).concat());
        bytes.extend([0x80, 0, 0, 0, 0, 0, 255, 255, 255]); // two colours
        bytes.extend(b"!\xf9\x04\0\0\0\0\0"); // an extension
        for (left, top, width, height) in frames {
            bytes.push(b',');
            bytes.extend([*left, *top, *width, *height].map(u16::to_le_bytes).concat());
            bytes.extend([0, 2, 2, 0x4c, 1, 0]);
        }
        bytes.push(b';');
        bytes
    }

    fn animated_webp(canvas: u32, frame: u32, inside: u32) -> Vec<u8> {
        let three = |number: u32| number.to_le_bytes()[..3].to_vec();
        let chunk = |name: &[u8], data: &[u8]| [name, &(data.len() as u32).to_le_bytes(), data].concat();
        let extended = [vec![2, 0, 0, 0], three(canvas - 1), three(canvas - 1)].concat();
        let picture = [vec![0x2f], ((inside - 1) | ((inside - 1) << 14)).to_le_bytes().to_vec(), vec![0; 5]].concat();
        let header = [three(0), three(0), three(frame - 1), three(frame - 1), vec![0; 4]].concat();
        let frame = chunk(b"ANMF", &[header, chunk(b"VP8L", &picture)].concat());
        let all = [b"WEBP".to_vec(), chunk(b"VP8X", &extended), chunk(b"ANIM", &[0; 6]), frame].concat();
        chunk(b"RIFF", &all)
    }

    // SPEC: INB-7
    #[test]
    fn a_frame_is_no_larger_than_the_picture_says() {
        assert_eq!(of(&gif((30, 20), &[(0, 0, 30, 20), (10, 5, 20, 15)])).unwrap().size, Some((30, 20)));
        assert_eq!(of(&animated_webp(50, 50, 50)).unwrap().size, Some((50, 50)));
        for beyond in [
            gif((3, 4), &[(0, 0, 60_000, 60_000)]),
            gif((30, 20), &[(0, 0, 30, 20), (11, 0, 20, 20)]),
            animated_webp(50, 16_000, 50),
            animated_webp(50, 50, 16_000),
        ] {
            let refused = of(&beyond).unwrap_err();
            assert!(refused.contains("beyond the picture's own"), "{refused}");
        }
        // What breaks off is shown as far as it goes.
        let whole = gif((30, 20), &[(0, 0, 30, 20), (10, 5, 20, 15)]);
        assert!(of(&whole[..whole.len() - 9]).is_ok());
    }

    // SPEC: INB-7
    #[test]
    fn a_photograph_may_carry_much_before_its_size() {
        let segment = [b"\xff\xe2\xff\xff".as_slice(), &[0; 65_533]].concat();
        let plain = jpeg(300, 200);
        let long = [&plain[..20], &segment.repeat(40), &plain[20..]].concat();
        assert!(long.len() > 2 * limits::FILE_HEAD_BYTES as usize);
        let found = find(&long[..limits::FILE_HEAD_BYTES as usize], long.len() as u64, Cursor::new(&long)).unwrap();
        assert_eq!((found.kind, found.size), (FileKind::Jpeg, Some((300, 200))));
    }

    // SPEC: INB-7
    #[test]
    fn a_name_keeps_its_words_and_loses_what_could_harm() {
        let named = |name: &str| harmless_name(name, FileKind::Pdf);
        assert_eq!(named("发票 2026.pdf"), "发票 2026.pdf");
        assert_eq!(named("a/合同.pdf"), "合同.pdf");
        assert_eq!(named("../../etc/passwd"), "passwd.pdf");
        assert_eq!(named("C:\\Users\\x\\a.PDF"), "a.PDF");
        assert_eq!(named("in\u{202e}fdp.exe"), "infdp.exe.pdf");
        assert_eq!(named("a\r\nSet-Cookie: x\"<b>.pdf"), "aSet-Cookie xb.pdf");
        for empty in ["", "..", "/", "...", " . ", "\u{200b}", ".pdf"] {
            let name = named(empty);
            assert!(name == "file.pdf" || name == "pdf.pdf", "{empty:?} → {name}");
        }
        assert_eq!(harmless_name("run.bat", FileKind::Text), "run.bat.txt");
        let long = named(&"长".repeat(500));
        assert_eq!((long.chars().count(), long.ends_with(".pdf")), (limits::FILE_NAME_CHARS_MAX, true));
    }
}
