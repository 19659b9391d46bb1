//! Who looks after an object, so that a change of ours would be undone or would surprise.

use std::fmt;

use serde_json::Value;

use crate::quoted::name;

/// A tool that keeps an object as it is written somewhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keeper {
    /// A release of Helm.
    Helm {
        /// Its name; empty where the object does not say.
        release: String,
        /// Its namespace; empty where the object does not say.
        namespace: String,
    },
    /// An application of Argo CD.
    ArgoCd {
        /// Its name; empty where the object does not say.
        application: String,
    },
    /// A `Kustomization` or `HelmRelease` of Flux.
    Flux {
        /// The kind.
        kind: &'static str,
        /// Its name; empty where the object does not say.
        name: String,
        /// Its namespace; empty where the object does not say.
        namespace: String,
    },
    /// The Operator Lifecycle Manager.
    Olm {
        /// The `ClusterServiceVersion` or other owner; empty where the object does not say.
        owner: String,
    },
}

impl Keeper {
    /// Returns who keeps an object, or `None` if nothing on it says that anybody does.
    pub fn of(object: &Value) -> Option<Self> {
        let metadata = &object["metadata"];
        let said = |map: &str, key: &str| metadata[map][key].as_str().filter(|text| !text.is_empty());
        let label = |key: &str| said("labels", key);
        let annotation = |key: &str| said("annotations", key);
        let owned = |text: Option<&str>| text.unwrap_or_default().to_owned();
        // Flux works through Helm, and Helm's own marks are then on the object as well.
        for (kind, name, namespace) in [
            (
                "HelmRelease",
                "helm.toolkit.fluxcd.io/name",
                "helm.toolkit.fluxcd.io/namespace",
            ),
            (
                "Kustomization",
                "kustomize.toolkit.fluxcd.io/name",
                "kustomize.toolkit.fluxcd.io/namespace",
            ),
        ] {
            if let Some(name) = label(name) {
                let (name, namespace) = (name.to_owned(), owned(label(namespace)));
                return Some(Self::Flux { kind, name, namespace });
            }
        }
        let tracked = annotation("argocd.argoproj.io/tracking-id").map(|text| text.split(':').next().unwrap_or(text));
        if let Some(application) = tracked.or_else(|| label("argocd.argoproj.io/instance")) {
            let application = application.to_owned();
            return Some(Self::ArgoCd { application });
        }
        let owners = metadata["ownerReferences"].as_array().into_iter().flatten();
        let version = owners
            .filter(|owner| owner["kind"] == "ClusterServiceVersion")
            .find_map(|owner| owner["name"].as_str());
        let is_olm = label("olm.managed") == Some("true");
        if version.is_some() || label("olm.owner").is_some() || is_olm {
            let owner = owned(version.or_else(|| label("olm.owner")));
            return Some(Self::Olm { owner });
        }
        let release = annotation("meta.helm.sh/release-name");
        if release.is_some() || label("app.kubernetes.io/managed-by") == Some("Helm") {
            let (release, namespace) = (owned(release), owned(annotation("meta.helm.sh/release-namespace")));
            return Some(Self::Helm { release, namespace });
        }
        let writers = metadata["managedFields"].as_array().into_iter().flatten();
        writers
            .filter_map(|entry| entry["manager"].as_str())
            .find_map(Self::writing_as)
    }

    /// Returns the tool that writes under the name of a field manager, where no mark of the tool is on the object.
    fn writing_as(manager: &str) -> Option<Self> {
        match manager {
            "argocd-controller" | "argocd-application-controller" => Some(Self::ArgoCd {
                application: String::new(),
            }),
            "kustomize-controller" => Some(Self::Flux {
                kind: "Kustomization",
                name: String::new(),
                namespace: String::new(),
            }),
            "helm" => Some(Self::Helm {
                release: String::new(),
                namespace: String::new(),
            }),
            _ => None,
        }
    }

    /// Returns where the object is to be changed instead.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Helm { .. } => "change the values or the chart of the release, and upgrade it",
            Self::ArgoCd { .. } => "change the manifest in the repository of the application, and sync it",
            Self::Flux { .. } => "change the manifest in the source that Flux reconciles",
            Self::Olm { .. } => "change the permissions in the ClusterServiceVersion or its Subscription",
        }
    }
}

impl fmt::Display for Keeper {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inside = |formatter: &mut fmt::Formatter<'_>, namespace: &str| match namespace {
            "" => Ok(()),
            namespace => write!(formatter, " in {}", name(namespace)),
        };
        match self {
            Self::Helm { release, namespace } => {
                formatter.write_str("Helm")?;
                if !release.is_empty() {
                    write!(formatter, ", release {}", name(release))?;
                }
                inside(formatter, namespace)
            }
            Self::ArgoCd { application } if application.is_empty() => formatter.write_str("Argo CD"),
            Self::ArgoCd { application } => write!(formatter, "Argo CD, application {}", name(application)),
            Self::Flux {
                kind,
                name: called,
                namespace,
            } => {
                write!(formatter, "Flux, {kind}")?;
                if !called.is_empty() {
                    write!(formatter, " {}", name(called))?;
                }
                inside(formatter, namespace)
            }
            Self::Olm { owner } if owner.is_empty() => formatter.write_str("the Operator Lifecycle Manager"),
            Self::Olm { owner } => write!(formatter, "the Operator Lifecycle Manager, {}", name(owner)),
        }
    }
}
