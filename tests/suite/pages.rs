//! The pages of `status` and `doctor` as a browser shows and prints them. The pictures stay in `target/pages`, for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use neo4jbackup_harness::{Browser, Scheme, target};
use neo4jbackup_tests::plugin::run_with;
use neo4jbackup_tests::scenario::scenarios;

const SCENARIO: &str = "one-good-and-three-broken";
/// A large window, and a telephone.
const WIDTHS: [u32; 2] = [1100, 420];
const HEIGHT: u32 = 1600;

/// The colours of a style sheet: what lies behind everything, and what a failure is written in.
type Colours = [(Scheme, [u8; 3], [u8; 3]); 2];

/// Of each command that writes a page.
const PAGES: [(&str, Colours); 2] = [
    (
        "status",
        [
            (Scheme::Dark, [0x0d, 0x11, 0x17], [0xff, 0x7b, 0x72]),
            (Scheme::Light, [0xff, 0xff, 0xff], [0xcf, 0x22, 0x2e]),
        ],
    ),
    (
        "doctor",
        [
            (Scheme::Dark, [0x14, 0x18, 0x1d], [0xff, 0x8a, 0x80]),
            (Scheme::Light, [0xff, 0xff, 0xff], [0xb3, 0x26, 0x1e]),
        ],
    ),
];

#[test]
fn pages_are_readable_in_every_window_and_on_paper() {
    let Some(browser) = Browser::find_or_skip() else {
        return;
    };
    let folder = target().join("pages");
    fs::create_dir_all(&folder).unwrap();
    for (command, colours) in PAGES {
        let page = written(command, &folder);
        for width in WIDTHS {
            assert_eq!(
                browser.content_width(&page, width),
                width,
                "the page of {command} is wider than {width} pixels"
            );
            for (scheme, back, failed) in colours {
                let picture = folder.join(format!("{command}-{width}-{scheme:?}.png").to_lowercase());
                browser.photograph(&page, (width, HEIGHT), scheme, &picture);
                let pixels = pixels(&picture, width);
                assert_eq!(pixels[0], back, "the corner of {}", picture.display());
                let seen: BTreeSet<[u8; 3]> = pixels.into_iter().collect();
                assert!(seen.contains(&failed), "no failure is seen in {}", picture.display());
            }
        }
        let paper = folder.join(format!("{command}.pdf"));
        browser.print(&page, &paper);
        // Objects of this kind are pages, and are not compressed.
        let text = String::from_utf8_lossy(&fs::read(&paper).unwrap()).into_owned();
        let sheets = text.matches("/Type /Page\n").count();
        assert!((1..=3).contains(&sheets), "{command} takes {sheets} sheets of paper");
    }
}

#[test]
fn what_has_to_be_scrolled_sideways_is_seen() {
    let Some(browser) = Browser::find_or_skip() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("wide.html");
    fs::write(
        &page,
        "<!DOCTYPE html><body style=\"margin: 0\"><div style=\"width: 900px\">wide</div>",
    )
    .unwrap();
    assert_eq!(WIDTHS.map(|width| browser.content_width(&page, width)), [1100, 900]);
}

/// The page of a command, in a file.
fn written(command: &str, folder: &Path) -> PathBuf {
    let arguments = [command, "--from-bundle", ".", "-o", "html"];
    let run = run_with(&scenarios().join(SCENARIO), "", BTreeMap::new(), arguments);
    let page = folder.join(format!("{command}.html"));
    fs::write(&page, run.stdout).unwrap();
    page
}

/// The pixels of a picture, row by row.
fn pixels(picture: &Path, width: u32) -> Vec<[u8; 3]> {
    let mut reader = png::Decoder::new(BufReader::new(File::open(picture).unwrap()))
        .read_info()
        .unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut bytes).unwrap();
    assert_eq!((frame.width, frame.height), (width, HEIGHT), "{}", picture.display());
    let samples = frame.color_type.samples();
    bytes[..frame.buffer_size()]
        .chunks_exact(samples)
        .map(|pixel| [pixel[0], pixel[1], pixel[2]])
        .collect()
}
