//! Output file of a command, or the pipe, device or socket that its name stands for.
//!
//! Invariant: a regular file must appear under its name complete or not at all, and a file that was there must keep its
//! mode, its owner, its hard links and the links that lead to it. A pipe, a device or a socket is written directly. A
//! partial draft must be gone when the command ends, also where it is interrupted.

use super::output::Output;
use crate::error::{Error, Result};
use crate::lake::{interrupted, signals_are_left};
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, BufReader, BufWriter, Seek as _, Write};
use std::path::{Path, PathBuf};
use tempfile::TempPath;
use tokio::sync::watch;

/// Destination of the output.
enum Place {
    Standard,
    /// A pipe, device or socket, which is written directly.
    Stream(Box<dyn Write + Send>),
    /// A file that does not exist yet, or can be replaced without a difference but its content.
    Replaced(PathBuf),
    /// A file that has to be overwritten in place.
    Kept(PathBuf),
}

/// Output that is being written, and where it goes when it is complete.
pub(super) struct OutputFile {
    name: String,
    draft: Scratch,
    /// The name of the draft, where it lies beside its destination.
    beside: Option<TempPath>,
    place: Place,
    stop: Stop,
}

impl OutputFile {
    /// Determines what a name stands for; `-` is standard output.
    pub(super) fn new(output: &str) -> Result<Self> {
        let made = |draft, beside, place, told| {
            let stop = Stop { name: output.to_owned(), told };
            Ok(Self { name: output.to_owned(), draft, beside, place, stop })
        };
        if output == "-" {
            // Inside another program no signal ends the command.
            return made(Scratch::new()?, None, Place::Standard, signals_are_left().then(listen));
        }
        let path = Path::new(output);
        let no_file = || Error::Usage(format!("--output {output} names no file"));
        let found = match std::fs::metadata(path) {
            Ok(found) if found.is_dir() => return Err(no_file()),
            Ok(found) if !found.is_file() || is_open_already(path) => {
                let stream = stream(path, &found).map_err(opening(path))?;
                return made(Scratch::new()?, None, Place::Stream(stream), None);
            }
            Ok(found) => Some(found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(opening(path)(error)),
        };
        // From here on there is something to clean up.
        let told = Some(listen());
        let Some(found) = found else {
            let path = end_of_links(path);
            path.file_name().ok_or_else(no_file)?;
            let (file, beside) = beside(&path, None).map_err(opening(&path))?;
            return made(Scratch::of(file), Some(beside), Place::Replaced(path), told);
        };
        let path = path.canonicalize().map_err(opening(path))?;
        // A file that may not be written may not be replaced either.
        OpenOptions::new().write(true).open(&path).map_err(opening(&path))?;
        match beside(&path, Some(&found)) {
            Ok((file, beside)) => {
                let own = file.metadata().map_err(opening(&path))?;
                let place = if is_alone(&found, &own) { Place::Replaced(path) } else { Place::Kept(path) };
                made(Scratch::of(file), Some(beside), place, told)
            }
            // No file can be created in its folder, but the file itself can be written.
            Err(_) => made(Scratch::new()?, None, Place::Kept(path), told),
        }
    }

    /// Returns whether what is written leaves at once, and can't be taken back.
    pub(super) fn is_stream(&self) -> bool {
        matches!(self.place, Place::Standard | Place::Stream(_))
    }

    /// Returns the writer for output that may leave as it arrives.
    pub(super) fn at_once<'o>(&'o mut self, output: &'o mut Output) -> &'o mut (dyn Write + Send) {
        match &mut self.place {
            Place::Standard => output.writer(),
            Place::Stream(out) => &mut **out,
            Place::Replaced(_) | Place::Kept(_) => &mut self.draft.file,
        }
    }

    /// Returns the writer for output that has to be complete first.
    pub(super) fn draft(&mut self) -> &mut BufWriter<File> {
        &mut self.draft.file
    }

    /// Moves what was written to its destination.
    pub(super) fn finish(mut self, output: &mut Output) -> Result<()> {
        let failed = |name: &str| {
            let action = format!("writing {name}");
            move |error| Error::io(action, error)
        };
        let mut whole = self.draft.reader()?;
        let kept = match self.place {
            Place::Standard => return output.copy(&mut whole),
            Place::Stream(mut out) => {
                return io::copy(&mut whole, &mut out).and_then(|_| out.flush()).map_err(failed(&self.name));
            }
            Place::Replaced(path) => match self.beside.take().map(|beside| beside.persist(&path)) {
                Some(Ok(())) => return Ok(()),
                // A mount point can't be replaced; a file that can't be created fails now.
                _ => path,
            },
            Place::Kept(path) => path,
        };
        let written = OpenOptions::new().write(true).create(true).truncate(true).open(kept);
        written.and_then(|mut file| io::copy(&mut whole, &mut file)).map(|_| ()).map_err(failed(&self.name))
    }

    /// Returns a handle that tells whether an interruption was requested.
    pub(super) fn stop(&self) -> Stop {
        self.stop.clone()
    }
}

/// Listens for an interruption.
fn listen() -> watch::Receiver<bool> {
    let (tell, told) = watch::channel(false);
    let asked = interrupted();
    tokio::spawn(async move {
        asked.await;
        // Nobody receives it where the command ended meanwhile.
        let _ = tell.send(true);
    });
    told
}

/// Handle that tells whether an interruption was requested.
#[derive(Clone)]
pub(super) struct Stop {
    name: String,
    /// `None` where the signal itself ends the command.
    told: Option<watch::Receiver<bool>>,
}

impl Stop {
    /// Returns a handle that never tells of an interruption.
    #[cfg(test)]
    pub(super) fn never() -> Self {
        Self { name: String::new(), told: None }
    }

    /// Fails once an interruption was requested.
    pub(super) fn check(&self) -> Result<()> {
        if self.told.as_ref().is_some_and(|told| *told.borrow()) { Err(self.stopped()) } else { Ok(()) }
    }

    /// Runs long work, and stops it when an interruption is requested.
    pub(super) async fn or<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let Some(mut told) = self.told.clone() else { return work.await };
        tokio::select! {
            done = work => done,
            Ok(_) = told.wait_for(|asked| *asked) => Err(self.stopped()),
        }
    }

    fn stopped(&self) -> Error {
        Error::query(format!("stopped on request; nothing was written to {}", self.name))
    }
}

/// A file without a name, which exists while the command runs.
pub(super) struct Scratch {
    pub(super) file: BufWriter<File>,
}

impl Scratch {
    pub(super) fn new() -> Result<Self> {
        tempfile::tempfile().map(Self::of).map_err(|error| {
            let action = format!("creating a temporary file in {}", std::env::temp_dir().display());
            Error::io(action, error)
        })
    }

    fn of(file: File) -> Self {
        Self { file: BufWriter::new(file) }
    }

    /// Returns a reader of what was written, from its start. Nothing can be written after it.
    pub(super) fn reader(&mut self) -> Result<BufReader<File>> {
        let reader = self.file.flush().and_then(|()| self.file.get_ref().try_clone()).and_then(|mut file| {
            file.rewind()?;
            Ok(file)
        });
        reader.map(BufReader::new).map_err(|error| Error::io("writing the output", error))
    }
}

fn opening(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let action = format!("opening {} for writing", path.display());
    move |error| Error::io(action, error)
}

/// Creates a file in the folder of another, with the mode of that one.
fn beside(path: &Path, found: Option<&Metadata>) -> io::Result<(File, TempPath)> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".connectwise-etl-").suffix(".partial");
    #[cfg(unix)]
    if found.is_none() {
        // Less the umask, as any new file.
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    }
    let (file, name) = builder.tempfile_in(folder)?.into_parts();
    if let Some(found) = found {
        file.set_permissions(found.permissions())?;
    }
    Ok((file, name))
}

/// Returns whether a file has one name, and would have the same owner if it were created anew.
#[cfg(unix)]
fn is_alone(found: &Metadata, made: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    found.nlink() == 1 && (found.uid(), found.gid()) == (made.uid(), made.gid())
}

#[cfg(not(unix))]
fn is_alone(_found: &Metadata, _made: &Metadata) -> bool {
    true
}

/// Returns whether a name stands for an open file of this process, as `/dev/stdout` and `/dev/fd/3`.
fn is_open_already(path: &Path) -> bool {
    ["/dev/fd", "/dev/stdout", "/dev/stderr", "/proc"].iter().any(|given| path.starts_with(given))
}

/// Opens what is no regular file, or appends to one that is open already.
fn stream(path: &Path, found: &Metadata) -> io::Result<Box<dyn Write + Send>> {
    #[cfg(unix)]
    if std::os::unix::fs::FileTypeExt::is_socket(&found.file_type()) {
        return Ok(Box::new(BufWriter::new(std::os::unix::net::UnixStream::connect(path)?)));
    }
    let file = OpenOptions::new().write(true).append(found.is_file()).open(path)?;
    Ok(Box::new(BufWriter::new(file)))
}

/// Follows links whose target does not exist yet; returns a path that is no link as it is.
fn end_of_links(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    // The system follows no more links.
    for _ in 0..40 {
        let Ok(to) = std::fs::read_link(&path) else { break };
        path = path.parent().map_or_else(|| to.clone(), |folder| folder.join(&to));
    }
    path
}
