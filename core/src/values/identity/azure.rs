//! Azure client ids: UUIDs.

use std::fmt;

/// Why a text is not a client id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientIdError {
    /// No text at all.
    Empty,
    /// Not eight, four, four, four and twelve hexadecimal digits.
    NotUuid,
    /// `${CLIENT_ID}`, `<client-id>`, `your-client-id`.
    Placeholder,
}

/// Checks a client id, a UUID in its usual form with hyphens.
pub fn check_client_id(text: &str) -> Result<(), ClientIdError> {
    if text.is_empty() {
        return Err(ClientIdError::Empty);
    }
    let lengths = [8, 4, 4, 4, 12];
    let mut groups = text.split('-');
    let fits = lengths.iter().all(|length| {
        groups
            .next()
            .is_some_and(|group| group.len() == *length && group.bytes().all(|byte| byte.is_ascii_hexdigit()))
    });
    if fits && groups.next().is_none() {
        return Ok(());
    }
    let names_itself = text.len() <= 64 && text.to_ascii_lowercase().replace('_', "-").contains("client-id");
    Err(if names_itself {
        ClientIdError::Placeholder
    } else {
        ClientIdError::NotUuid
    })
}

/// Whether a well-formed client id is one that nobody can have: a single digit repeated, or counted up.
pub fn is_placeholder(client_id: &str) -> bool {
    let digits: Vec<u8> = client_id.bytes().filter(|byte| *byte != b'-').collect();
    let repeated = digits.iter().all(|digit| Some(digit) == digits.first());
    repeated
        || client_id.eq_ignore_ascii_case("12345678-1234-1234-1234-123456789012")
        || client_id.eq_ignore_ascii_case("12345678-1234-1234-1234-123456789abc")
}

impl fmt::Display for ClientIdError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Empty => "the client id is empty",
            Self::NotUuid => "a client id is a UUID, such as 7d6f2a50-0c5e-4a0e-9d59-2f6cf3c1b8aa",
            Self::Placeholder => "a placeholder where the client id, a UUID, belongs",
        })
    }
}

impl std::error::Error for ClientIdError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_ids_are_uuids() {
        assert_eq!(check_client_id("7d6f2a50-0c5e-4a0e-9d59-2f6cf3c1b8aa"), Ok(()));
        assert_eq!(check_client_id("7D6F2A50-0C5E-4A0E-9D59-2F6CF3C1B8AA"), Ok(()));
        for (text, error) in [
            ("", ClientIdError::Empty),
            ("7d6f2a500c5e4a0e9d592f6cf3c1b8aa", ClientIdError::NotUuid),
            ("{7d6f2a50-0c5e-4a0e-9d59-2f6cf3c1b8aa}", ClientIdError::NotUuid),
            ("7d6f2a50-0c5e-4a0e-9d59-2f6cf3c1b8aa-", ClientIdError::NotUuid),
            ("7d6f2a50-0c5e-4a0e-9d59-2f6cf3c1b8ag", ClientIdError::NotUuid),
            ("<CLIENT_ID>", ClientIdError::Placeholder),
            ("your-client-id", ClientIdError::Placeholder),
        ] {
            assert_eq!(check_client_id(text), Err(error), "{text}");
        }
    }

    #[test]
    fn made_up_ids_are_seen() {
        assert!(is_placeholder("00000000-0000-0000-0000-000000000000"));
        assert!(is_placeholder("12345678-1234-1234-1234-123456789012"));
        assert!(!is_placeholder("7d6f2a50-0c5e-4a0e-9d59-2f6cf3c1b8aa"));
    }
}
