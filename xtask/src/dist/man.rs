//! Manual pages of every command, made of the same description as the help. They are in the archives and not committed:
//! whoever has the sources has the help.

use anyhow::{Context as _, Result};
use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::{PROGRAM, VERSION};

/// The folder of an archive that has the pages, as `MANPATH` wants it: `man/man1/…`.
const FOLDER: &str = "man/man1";

/// Each page with its name in an archive: one for the program, and one for each command that is listed.
pub(super) fn pages(command: Command) -> Result<Vec<(String, Vec<u8>)>> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let mut pages = Vec::new();
    collect(&command, PROGRAM, &mut pages)?;
    Ok(pages)
}

fn collect(command: &Command, name: &str, pages: &mut Vec<(String, Vec<u8>)>) -> Result<()> {
    let text = page(command, name).with_context(|| format!("writing the page of {name}"))?;
    pages.push((format!("{FOLDER}/{name}.1"), text));
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        collect(below, &format!("{name}-{}", below.get_name()), pages)?;
    }
    Ok(())
}

fn page(command: &Command, name: &str) -> std::io::Result<Vec<u8>> {
    let is_whole = name == PROGRAM;
    let spoken = command.get_bin_name().unwrap_or(name).to_owned();
    // What every command takes is said once.
    let shown = command
        .clone()
        .display_name(name.to_owned())
        .bin_name(spoken)
        .mut_args(|argument| {
            let is_hidden = argument.is_hide_set() || argument.is_global_set() && !is_whole;
            argument.hide(is_hidden)
        });
    // No date: two builds of one commit are the same.
    let man = Man::new(shown)
        .title(name)
        .source(format!("neo4jbackup {VERSION}"))
        .manual("neo4jbackup");
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    if command
        .get_arguments()
        .any(|argument| !argument.is_hide_set() && (is_whole || !argument.is_global_set()))
    {
        man.render_options_section(&mut text)?;
    }
    if command.has_subcommands() {
        man.render_subcommands_section(&mut text)?;
    }
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    behind(&after).to_writer(&mut text)?;
    if !is_whole {
        see_also(name).to_writer(&mut text)?;
    }
    Ok(text)
}

/// What the help says behind the flags, each part under its own heading.
fn behind(after: &str) -> Roff {
    let mut roff = Roff::new();
    let mut heading = "";
    for part in after.split("\n\n") {
        let begins = [
            ("Examples:\n", "EXAMPLES"),
            ("Permissions: ", "PERMISSIONS"),
            ("Exit codes: ", "EXIT STATUS"),
        ];
        let begin = begins.iter().find(|(begin, _)| part.starts_with(begin));
        let is_example =
            begin.is_some_and(|(_, name)| *name == "EXAMPLES") || heading == "EXAMPLES" && part.starts_with("  ");
        let wanted = match begin {
            Some((_, name)) => name,
            None if is_example => "EXAMPLES",
            None => "NOTES",
        };
        if wanted == heading {
            roff.control("PP", []);
        } else {
            roff.control("SH", [wanted]);
            heading = wanted;
        }
        let text = begin.map_or(part, |(begin, _)| &part[begin.len()..]);
        if is_example {
            roff.control("nf", []);
            for line in text.lines() {
                roff.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
            }
            roff.control("fi", []);
        } else {
            roff.text([roman(text.replace('\n', " "))]);
        }
    }
    roff
}

/// Where the rest is.
fn see_also(name: &str) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"]);
    let above = name
        .rsplit_once('-')
        .map(|(above, _)| above)
        .filter(|above| *above != PROGRAM && above.len() > PROGRAM.len());
    let above = above.map(|above| format!("{above}(1), ")).unwrap_or_default();
    roff.text([roman(format!(
        "{above}{PROGRAM}(1), which has the flags of every command"
    ))]);
    roff
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::Write as _;
    use std::process::{Command as Program, Stdio};

    use super::*;

    fn made() -> Vec<(String, String)> {
        let pages = pages(kubectl_neo4jbackup::cli::command()).unwrap();
        let text = |(name, bytes)| (name, String::from_utf8(bytes).unwrap());
        pages.into_iter().map(text).collect()
    }

    #[test]
    fn every_command_that_is_listed_has_a_page() {
        let names: BTreeSet<String> = made().into_iter().map(|(name, _)| name).collect();
        for name in [
            "",
            "-lint",
            "-lsp",
            "-rbac",
            "-rbac-repair",
            "-schedule-next",
            "-completion-install",
        ] {
            assert!(
                names.contains(&format!("man/man1/kubectl-neo4jbackup{name}.1")),
                "{name}: {names:?}"
            );
        }
        assert!(
            !names.iter().any(|name| name.contains("probe") || name.contains("help")),
            "{names:?}"
        );
    }

    #[test]
    fn every_page_has_its_parts_in_order() {
        for (name, text) in made() {
            let headings: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix(".SH ")).collect();
            let wanted = [
                "NAME",
                "SYNOPSIS",
                "DESCRIPTION",
                "EXAMPLES",
                "PERMISSIONS",
                "\"EXIT STATUS\"",
            ];
            let mut left = headings.iter();
            for heading in wanted {
                assert!(left.any(|found| *found == heading), "{name}: {heading} in {headings:?}");
            }
            assert!(text.contains("kubectl neo4jbackup"), "{name}");
            // The flags of every command are in one page only.
            assert_eq!(
                text.contains(r"\-\-kubeconfig"),
                name.ends_with("kubectl-neo4jbackup.1"),
                "{name}"
            );
        }
    }

    #[test]
    fn every_page_is_understood_by_those_who_set_it() {
        let has_groff = Program::new("groff")
            .arg("--version")
            .stdout(Stdio::null())
            .status()
            .is_ok();
        for (name, text) in made() {
            // Lines that are no request begin with neither of the two letters that would make them one.
            for line in text.lines().filter(|line| line.starts_with(['.', '\''])) {
                let request: String = line.chars().skip(1).take_while(char::is_ascii_alphabetic).collect();
                let known = [
                    "TH", "SH", "SS", "PP", "TP", "RS", "RE", "IP", "nf", "fi", "ie", "el", "br",
                ];
                assert!(known.contains(&request.as_str()), "{name}: {line}");
            }
            if !has_groff {
                continue;
            }
            let mut groff = Program::new("groff")
                .args(["-Kutf8", "-man", "-Tutf8", "-ww", "-z"])
                .stdin(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            groff.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
            let output = groff.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success() && said.is_empty(), "{name}: {said}");
        }
    }
}
