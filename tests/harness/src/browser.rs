//! A real browser without a window, for pages that people look at.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::report_progress;

/// The package of Debian that has one.
pub const BROWSER_PACKAGE: &str = "chromium";

/// The names under which distributions install it.
const PROGRAMS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Chromium.
#[derive(Debug)]
pub struct Browser {
    program: PathBuf,
    /// Its profile, so that nothing of the person's own is read or changed.
    profile: tempfile::TempDir,
}

/// What a person has chosen for all pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Dark,
    Light,
}

impl Browser {
    /// The browser of this machine, or `None` where there is none.
    pub fn find() -> Option<Self> {
        let path = env::var_os("PATH")?;
        let folders: Vec<PathBuf> = env::split_paths(&path).collect();
        let mut candidates = PROGRAMS
            .iter()
            .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
        let program = candidates.find(|program| program.is_file())?;
        let profile = tempfile::tempdir().unwrap();
        Some(Self { program, profile })
    }

    /// The browser of this machine. Says so where a test cannot run for want of one.
    pub fn find_or_skip() -> Option<Self> {
        let browser = Self::find();
        if browser.is_none() {
            report_progress(&format!(
                "skipped: no browser is here; `apt-get install {BROWSER_PACKAGE}` installs one"
            ));
        }
        browser
    }

    /// Takes a picture of a page in a window of this size, as PNG.
    pub fn photograph(&self, page: &Path, (width, height): (u32, u32), scheme: Scheme, picture: &Path) {
        self.run(&[
            format!("--window-size={width},{height}").into(),
            scheme_flag(scheme),
            joined("--screenshot=", picture),
            joined("file://", page),
        ]);
        assert!(picture.is_file(), "there is no picture of {}", page.display());
    }

    /// Prints a page, as PDF.
    pub fn print(&self, page: &Path, paper: &Path) {
        self.run(&[
            "--no-pdf-header-footer".into(),
            joined("--print-to-pdf=", paper),
            joined("file://", page),
        ]);
        assert!(paper.is_file(), "{} was not printed", page.display());
    }

    /// How wide the content of a page is where it has so many pixels; more than those where it has to be scrolled sideways.
    pub fn content_width(&self, page: &Path, width: u32) -> u32 {
        // Within a frame, because no window is narrower than 500 pixels. Its script asks for what no flag tells.
        let html = fs::read_to_string(page).unwrap();
        let html = html.replace('&', "&amp;").replace('"', "&quot;");
        let frame = format!(
            "<!DOCTYPE html><iframe width=\"{width}\" height=\"800\" style=\"border:0\" srcdoc=\"{html}\" \
             onload=\"document.title = 'width ' + this.contentDocument.documentElement.scrollWidth + '.'\"></iframe>"
        );
        let file = self.profile.path().join("frame.html");
        fs::write(&file, frame).unwrap();
        let dom = self.run(&["--dump-dom".into(), joined("file://", &file)]);
        let width = dom
            .split_once("<title>width ")
            .and_then(|(_, rest)| rest.split_once('.'));
        width
            .unwrap_or_else(|| panic!("no width is told: {dom}"))
            .0
            .parse()
            .unwrap()
    }

    fn run(&self, arguments: &[OsString]) -> String {
        let mut command = Command::new(&self.program);
        command
            // Its sandbox needs rights that containers do not give; it is shown nothing but our own pages.
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--disable-dev-shm-usage",
            ])
            // Pages need nothing from elsewhere, and get nothing.
            .args([
                "--no-first-run",
                "--disable-background-networking",
                "--proxy-server=127.0.0.1:9",
            ])
            .arg(joined("--user-data-dir=", self.profile.path()))
            .args(arguments)
            .stdin(Stdio::null());
        let output = command.output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "the browser ended with {}:\n{stderr}",
            output.status
        );
        String::from_utf8(output.stdout).unwrap()
    }
}

fn scheme_flag(scheme: Scheme) -> OsString {
    let number = match scheme {
        Scheme::Dark => 0,
        Scheme::Light => 1,
    };
    format!("--blink-settings=preferredColorScheme={number}").into()
}

fn joined(flag: &str, path: &Path) -> OsString {
    let mut argument = OsString::from(flag);
    argument.push(path);
    argument
}
