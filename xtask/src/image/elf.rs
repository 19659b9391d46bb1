//! Whether a Linux program runs without any other file.

/// A 64-bit little-endian ELF program that asks for no interpreter, which is what loads shared libraries.
pub(crate) fn is_static(program: &[u8]) -> bool {
    program.starts_with(b"\x7fELF\x02\x01") && segments(program).is_some_and(|types| !types.contains(&INTERPRETER))
}

/// The types of the program headers.
fn segments(program: &[u8]) -> Option<Vec<u32>> {
    let offset = usize::try_from(u64::from_le_bytes(program.get(0x20..0x28)?.try_into().ok()?)).ok()?;
    let short = |at: usize| {
        Some(usize::from(u16::from_le_bytes(
            program.get(at..at + 2)?.try_into().ok()?,
        )))
    };
    let (size, count) = (short(0x36)?, short(0x38)?);
    (0..count)
        .map(|number| {
            let start = offset.checked_add(number * size)?;
            let end = start.checked_add(4)?;
            Some(u32::from_le_bytes(program.get(start..end)?.try_into().ok()?))
        })
        .collect()
}

/// `PT_INTERP` of the ELF specification.
const INTERPRETER: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_asks_for_a_loader_is_not_static() {
        let this_test = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(segments(&this_test).is_some_and(|types| types.contains(&INTERPRETER)));
        assert!(!is_static(&this_test));
        assert!(!is_static(b"#!/bin/sh\n"));
        assert!(!is_static(&this_test[..0x30]), "cut off in its header");
    }
}
