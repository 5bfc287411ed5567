//! File systems of a test's own, which may break: a file in memory mounted as a disk, or memory itself. Gone with their `Mount`.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The ioctl `EXT4_IOC_SHUTDOWN`, which is also `XFS_IOC_GOINGDOWN`: _IOR('X', 125, __u32).
const SHUTDOWN: u32 = 0x8004_587d;
/// Its flag: nothing more is written, the journal's log neither.
const NO_LOG_FLUSH: u32 = 2;

/// A mounted file system.
pub struct Mount {
    pub folder: tempfile::TempDir,
    /// None: it lives in memory.
    image: Option<PathBuf>,
}

fn run(program: &str, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().map_err(|e| format!("{program}: {e}"))?;
    let told = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("{program} {}: {}", arguments.join(" "), told.trim())) }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

impl Mount {
    /// Memory as a disk of `bytes`. `Err`: why that cannot be done here.
    pub fn memory(bytes: u64) -> Result<Mount, String> {
        let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
        run("mount", &["-t", "tmpfs", "-o", &format!("size={bytes}"), "tmpfs", text(folder.path())])?;
        Ok(Mount { folder, image: None })
    }

    /// A file of `bytes` as a disk with the file system `kind`. `Err`: why that cannot be done here.
    pub fn disk(kind: &str, bytes: u64) -> Result<Mount, String> {
        let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
        let memory = Path::new("/dev/shm");
        let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let image = place.join(format!("fenliu-{kind}-{}.img", std::process::id()));
        // From here on it cleans up behind itself.
        let mount = Mount { folder, image: Some(image.clone()) };
        std::fs::File::create(&image).and_then(|file| file.set_len(bytes)).map_err(|e| format!("{}: {e}", image.display()))?;
        let quietly: &[&str] = if kind == "ext4" { &["-q", "-F"] } else { &["-q", "-f"] };
        run(&format!("mkfs.{kind}"), &[quietly, &[text(&image)]].concat())?;
        mount.again().map(|()| mount)
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Mounts the image; its journal is replayed.
    pub fn again(&self) -> Result<(), String> {
        let image = self.image.as_ref().expect("a disk");
        run("mount", &["-o", "loop", text(image), text(self.path())])
    }

    /// The power is cut: from now on nothing reaches the disk. `just_before` is called at the last moment of which that is
    /// not yet true. Perl, because Rust's `ioctl` is `unsafe`.
    pub fn cut(&self, just_before: impl FnOnce()) -> Result<(), String> {
        let script = format!(
            "$| = 1; open(my $d, '<', $ARGV[0]) or die $!; my $f = pack('L', {NO_LOG_FLUSH}); print \"ready\\n\"; <STDIN>; \
             ioctl($d, {SHUTDOWN}, $f) or die $!;"
        );
        let mut command = Command::new("perl");
        command.args(["-e", &script, text(self.path())]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut perl = command.spawn().map_err(|e| format!("perl: {e}"))?;
        let mut ready = String::new();
        BufReader::new(perl.stdout.take().unwrap()).read_line(&mut ready).map_err(|e| e.to_string())?;
        just_before();
        drop(perl.stdin.take());
        let status = perl.wait().map_err(|e| e.to_string())?;
        if ready == "ready\n" && status.success() { Ok(()) } else { Err(format!("perl: {status}")) }
    }

    /// Takes it away. Whoever used it has ended, but the kernel may need a moment.
    pub fn leave(&self) -> Result<(), String> {
        let mut last = Ok(());
        for _ in 0..100 {
            last = run("umount", &[text(self.path())]);
            if last.is_ok() {
                break;
            }
            std::thread::park_timeout(Duration::from_millis(20));
        }
        last
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = run("umount", &["-l", text(self.path())]);
        if let Some(image) = &self.image {
            let _ = std::fs::remove_file(image);
        }
    }
}
