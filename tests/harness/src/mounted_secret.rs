//! A Secret of type `kubernetes.io/tls` as the kubelet mounts it, and changes it, in a pod.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::certificates::IssuedCertificate;
use crate::error::HarnessError;
use crate::locations;

/// A folder in which `tls.crt` and `tls.key` are links to `..data/…`, and `..data` one to the folder of the moment.
///
/// The folder is removed when the value is dropped.
#[derive(Debug)]
pub struct MountedSecret {
    folder: PathBuf,
    version: AtomicU32,
}

impl MountedSecret {
    /// Mounts a certificate and its key.
    pub fn mount(issued: &IssuedCertificate) -> Result<Self, HarnessError> {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("secret-{}-{number}", std::process::id());
        let secret = Self {
            folder: locations::target().join("cluster/mounted").join(name),
            version: AtomicU32::new(0),
        };
        secret.swap(issued)?;
        for file in [CERTIFICATE, KEY] {
            let link = secret.folder.join(file);
            symlink(Path::new("..data").join(file), &link).map_err(could_not_write(&link))?;
        }
        Ok(secret)
    }

    /// Puts another pair in place of the present one, in one step: a new folder, and a link renamed over the old link.
    pub fn swap(&self, issued: &IssuedCertificate) -> Result<(), HarnessError> {
        let version = self.version.fetch_add(1, Ordering::Relaxed);
        let name = format!("..version_{version}");
        let folder = self.folder.join(&name);
        fs::create_dir_all(&folder).map_err(could_not_write(&folder))?;
        for (file, text) in [(CERTIFICATE, &issued.certificate_pem), (KEY, &issued.key_pem)] {
            let file = folder.join(file);
            fs::write(&file, text).map_err(could_not_write(&file))?;
        }
        let (beside, link) = (self.folder.join("..data_tmp"), self.folder.join("..data"));
        symlink(&name, &beside).map_err(could_not_write(&beside))?;
        fs::rename(&beside, &link).map_err(could_not_write(&link))?;
        let Some(last) = version.checked_sub(1) else {
            return Ok(());
        };
        let last = self.folder.join(format!("..version_{last}"));
        fs::remove_dir_all(&last).map_err(HarnessError::io(format!("remove {}", last.display())))
    }

    /// The arguments with which the webhook serves it.
    pub fn arguments(&self) -> [String; 2] {
        let path = |file| self.folder.join(file).display().to_string();
        [format!("--cert={}", path(CERTIFICATE)), format!("--key={}", path(KEY))]
    }
}

impl Drop for MountedSecret {
    fn drop(&mut self) {
        // A folder that cannot be removed is litter in the target folder and no reason to fail.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn could_not_write(path: &Path) -> impl FnOnce(std::io::Error) -> HarnessError + use<> {
    HarnessError::io(format!("write {}", path.display()))
}

const CERTIFICATE: &str = "tls.crt";
const KEY: &str = "tls.key";

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;
    use crate::certificates::CertificateAuthority;

    #[test]
    fn both_files_change_with_one_link() {
        let authority = CertificateAuthority::new().unwrap();
        let issue = || authority.issue_server_certificate(&["localhost"]).unwrap();
        let (first, second) = (issue(), issue());
        let secret = MountedSecret::mount(&first).unwrap();
        let [certificate, key] = [CERTIFICATE, KEY].map(|file| secret.folder.join(file));
        assert_eq!(fs::read_to_string(&certificate).unwrap(), first.certificate_pem);
        secret.swap(&second).unwrap();
        assert_eq!(fs::read_to_string(&certificate).unwrap(), second.certificate_pem);
        assert_eq!(fs::read_to_string(&key).unwrap(), second.key_pem);
        let folder = secret.folder.clone();
        drop(secret);
        assert_eq!(fs::metadata(folder).unwrap_err().kind(), ErrorKind::NotFound);
    }
}
