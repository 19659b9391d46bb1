//! What the Secret holds, from and to its keys.
//!
//! | key | what |
//! |---|---|
//! | `ca.crt`, `ca.key` | the authority that leaves are signed with |
//! | `next.crt`, `next.key` | the one that takes its place |
//! | `next.published` | since when every `caBundle` has held it |
//! | `kept.crt`, `kept.until` | authorities that sign no more and stay in the bundles, and until when |

use std::collections::BTreeMap;

use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::authority::{Authority, AuthorityError, Root};

const CURRENT: (&str, &str) = ("ca.crt", "ca.key");
const NEXT: (&str, &str) = ("next.crt", "next.key");
const PUBLISHED: &str = "next.published";
const KEPT: (&str, &str) = ("kept.crt", "kept.until");

/// What the Secret holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct SecretContents {
    /// Leaves are signed with it, and it is in every bundle.
    pub(crate) current: Option<Authority>,
    /// On its way into every bundle.
    pub(crate) next: Option<Authority>,
    /// Since when `next` has been in every bundle, as far as anybody has looked.
    pub(crate) published: Option<Timestamp>,
    /// Leaves of these may still be served.
    pub(crate) kept: Vec<Kept>,
}

/// An authority that signs no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Its certificate; the key is gone.
    pub(crate) root: Root,
    /// When the last leaf of it is over for certain.
    pub(crate) until: Timestamp,
}

/// What a look at the Secret showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FoundSecret {
    /// Something to go on with.
    Good(SecretContents),
    /// There is no Secret, or nothing in it that can be used.
    Nothing(SecretError),
}

/// Why there is nothing to go on with. Names of keys, never values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SecretError {
    /// There is no Secret.
    #[error("there is none")]
    Missing,
    /// Both authorities are absent.
    #[error("it holds no authority")]
    NoAuthority,
    /// One half of a pair is absent.
    #[error("`{present}` is there without `{absent}`")]
    Half {
        /// The key that is there.
        present: &'static str,
        /// The key that is not.
        absent: &'static str,
    },
    /// A pair cannot be used.
    #[error("`{certificate}` and `{key}`")]
    Pair {
        /// The key of the certificate.
        certificate: &'static str,
        /// The key of the private key.
        key: &'static str,
        /// What is wrong with them.
        source: AuthorityError,
    },
    /// A certificate is none of an authority.
    #[error("`{0}` holds what is no authority")]
    NotAnAuthority(&'static str),
    /// A value is no text.
    #[error("`{0}` is no text")]
    NotText(&'static str),
    /// Authorities and instants do not pair up.
    #[error("`{}` and `{}` are not of one length", KEPT.0, KEPT.1)]
    Lengths,
    /// A value is no instant.
    #[error("`{0}` is no point in time")]
    NotAnInstant(&'static str),
}

impl SecretContents {
    /// Reads the values of the Secret by their keys.
    pub(crate) fn read(data: &BTreeMap<String, Vec<u8>>) -> Result<Self, SecretError> {
        let current = pair(data, CURRENT)?;
        let next = pair(data, NEXT)?;
        if current.is_none() && next.is_none() {
            return Err(SecretError::NoAuthority);
        }
        let published = data.get(PUBLISHED).map(|value| instant(PUBLISHED, value)).transpose()?;
        Ok(Self {
            current,
            next,
            published,
            kept: kept(data)?,
        })
    }

    /// The values to write; `None` removes a key.
    pub(crate) fn values(&self) -> BTreeMap<&'static str, Option<Vec<u8>>> {
        let text = |text: &str| text.as_bytes().to_vec();
        let mut values = BTreeMap::new();
        for ((certificate, key), authority) in [(CURRENT, &self.current), (NEXT, &self.next)] {
            values.insert(
                certificate,
                authority.as_ref().map(|authority| text(authority.root().pem())),
            );
            values.insert(key, authority.as_ref().map(|authority| text(authority.key_pem())));
        }
        let published = self.published.filter(|_| self.next.is_some());
        values.insert(PUBLISHED, published.map(|instant| text(&instant.to_string())));
        let certificates: String = self.kept.iter().map(|kept| kept.root.pem()).collect();
        let instants: String = self.kept.iter().map(|kept| format!("{}\n", kept.until)).collect();
        let unless_empty = |text: String| (!text.is_empty()).then(|| text.into_bytes());
        values.insert(KEPT.0, unless_empty(certificates));
        values.insert(KEPT.1, unless_empty(instants));
        values
    }

    /// Every authority that belongs into the bundles.
    pub(crate) fn roots(&self) -> impl Iterator<Item = &Root> {
        let signing = self.current.iter().chain(&self.next).map(Authority::root);
        signing.chain(self.kept.iter().map(|kept| &kept.root))
    }

    /// Whether an authority belongs into the bundles.
    pub(crate) fn knows(&self, root: &Root) -> bool {
        self.roots().any(|known| known == root)
    }

    /// The text of every `caBundle`. The order says nothing, so that a change of roles changes no bundle.
    pub(crate) fn bundle(&self) -> Vec<u8> {
        let mut texts: Vec<&str> = self.roots().map(Root::pem).collect();
        texts.sort_unstable();
        texts.dedup();
        texts.concat().into_bytes()
    }
}

fn pair(
    data: &BTreeMap<String, Vec<u8>>,
    (certificate, key): (&'static str, &'static str),
) -> Result<Option<Authority>, SecretError> {
    match (data.get(certificate), data.get(key)) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(SecretError::Half {
            present: certificate,
            absent: key,
        }),
        (None, Some(_)) => Err(SecretError::Half {
            present: key,
            absent: certificate,
        }),
        (Some(certificate_value), Some(key_value)) => {
            Authority::read(certificate_value, key_value)
                .map(Some)
                .map_err(|source| SecretError::Pair {
                    certificate,
                    key,
                    source,
                })
        }
    }
}

fn kept(data: &BTreeMap<String, Vec<u8>>) -> Result<Vec<Kept>, SecretError> {
    let (certificates, instants) = KEPT;
    let empty = Vec::new();
    let value = |key| data.get(key).unwrap_or(&empty);
    let roots: Option<Vec<Root>> = CertificateDer::pem_slice_iter(value(certificates))
        .map(|der| Root::of(&der.ok()?))
        .collect();
    let roots = roots.ok_or(SecretError::NotAnAuthority(certificates))?;
    let text = std::str::from_utf8(value(instants)).map_err(|_| SecretError::NotText(instants))?;
    let instants_read: Result<Vec<_>, _> = text.lines().map(|line| instant(instants, line.as_bytes())).collect();
    let instants_read = instants_read?;
    if roots.len() != instants_read.len() {
        return Err(SecretError::Lengths);
    }
    let kept = roots.into_iter().zip(instants_read);
    Ok(kept.map(|(root, until)| Kept { root, until }).collect())
}

fn instant(key: &'static str, value: &[u8]) -> Result<Timestamp, SecretError> {
    let text = std::str::from_utf8(value).ok();
    text.and_then(|text| text.trim().parse().ok())
        .ok_or(SecretError::NotAnInstant(key))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn authority() -> Authority {
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        Authority::make(now, Duration::from_secs(3600)).unwrap()
    }

    fn full() -> SecretContents {
        let kept = |until: &str| Kept {
            root: authority().root().clone(),
            until: until.parse().unwrap(),
        };
        SecretContents {
            current: Some(authority()),
            next: Some(authority()),
            published: Some("2026-11-21T12:00:01Z".parse().unwrap()),
            kept: vec![kept("2026-11-22T00:00:00Z"), kept("2026-11-23T00:00:00Z")],
        }
    }

    fn stored(contents: &SecretContents) -> BTreeMap<String, Vec<u8>> {
        let values = contents.values().into_iter();
        values
            .filter_map(|(key, value)| Some((key.to_owned(), value?)))
            .collect()
    }

    #[test]
    fn what_is_written_reads_the_same() {
        let contents = full();
        assert_eq!(SecretContents::read(&stored(&contents)), Ok(contents.clone()));
        let current_only = SecretContents {
            current: contents.current,
            ..SecretContents::default()
        };
        let values = current_only.values();
        assert_eq!(values["next.key"], None, "a key that is not needed any more is removed");
        assert_eq!(SecretContents::read(&stored(&current_only)), Ok(current_only));
    }

    #[test]
    fn every_value_that_is_cut_or_swapped_is_noticed() {
        let good = stored(&full());
        let other = stored(&full());
        for key in good.keys() {
            let with = |value: &[u8]| {
                let mut data = good.clone();
                data.insert(key.clone(), value.to_vec());
                SecretContents::read(&data)
            };
            assert!(with(b"garbage").is_err(), "{key}");
            if key.starts_with("ca.") || (key.starts_with("next.") && key != "next.published") {
                assert!(with(&other[key]).is_err(), "{key} of another pair");
                let mut without = good.clone();
                without.remove(key);
                assert!(SecretContents::read(&without).is_err(), "without {key}");
            }
        }
        assert_eq!(SecretContents::read(&BTreeMap::new()), Err(SecretError::NoAuthority));
    }

    #[test]
    fn the_bundle_is_the_same_whatever_the_roles() {
        let contents = full();
        let mut promoted = contents.clone();
        let until = "2026-11-24T00:00:00Z".parse().unwrap();
        let root = promoted.current.take().unwrap().root().clone();
        promoted.kept.push(Kept { root, until });
        promoted.current = promoted.next.take();
        assert_eq!(promoted.bundle(), contents.bundle());
        assert_eq!(Root::all_in(&contents.bundle()).len(), 4);
    }
}
