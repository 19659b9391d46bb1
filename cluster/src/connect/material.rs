//! Certificates and keys, inline or in files.

use std::fmt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::ConnectError;
use super::flags::Surroundings;
use super::setting::Setting;

/// A certificate or a key in PEM, and where it stands.
#[derive(Clone)]
pub(super) struct Material {
    pub(super) pem: Vec<u8>,
    pub(super) origin: Setting,
}

/// Without the content, which may be a key.
impl fmt::Debug for Material {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Material({})", self.origin)
    }
}

/// Reads a file that a flag names.
pub(super) fn of_flag(file: &Path, flag: &'static str, surroundings: &Surroundings) -> Result<Material, ConnectError> {
    read(&surroundings.current_directory.join(file), file, Setting::Flag(flag))
}

/// Reads what a kubeconfig has inline, or else the file that it names.
pub(super) fn of_kubeconfig(
    data: Option<&str>,
    file: Option<&str>,
    [data_field, file_field]: [&'static str; 2],
    origin: &dyn Fn(&'static str) -> Setting,
) -> Result<Option<Material>, ConnectError> {
    let filled = |text: &&str| !text.is_empty();
    if let Some(data) = data.filter(filled) {
        let origin = origin(data_field);
        // Go, and so kubectl, takes base64 in several lines.
        let data: String = data.chars().filter(|letter| !matches!(letter, '\r' | '\n')).collect();
        return match STANDARD.decode(data) {
            Ok(pem) => Ok(Some(Material { pem, origin })),
            Err(_) => Err(ConnectError::Unusable {
                origin,
                why: "it is no base64",
            }),
        };
    }
    let file = file.filter(filled).map(Path::new);
    file.map(|file| read(file, file, origin(file_field))).transpose()
}

pub(super) fn read(file: &Path, shown: &Path, origin: Setting) -> Result<Material, ConnectError> {
    match std::fs::read(file) {
        Ok(pem) => Ok(Material { pem, origin }),
        Err(source) => Err(ConnectError::FileUnreadable {
            file: shown.to_owned(),
            origin,
            source,
        }),
    }
}
