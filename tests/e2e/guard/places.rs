//! Where the values stand that can blind the operator, and values for each place.

use serde_json::{Value, json};

/// A field that the guard looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    PointInTime,
    BackupLimits,
    BackupRequests,
    RestoreLimits,
    RestoreRequests,
    BeforeRestore,
    AfterRestore,
}

impl Place {
    pub(crate) const ALL: [Self; 7] = [
        Self::PointInTime,
        Self::BackupLimits,
        Self::BackupRequests,
        Self::RestoreLimits,
        Self::RestoreRequests,
        Self::BeforeRestore,
        Self::AfterRestore,
    ];
    /// Those that hold a quantity.
    pub(crate) const QUANTITIES: &[Self] = Self::ALL.split_at(1).1;

    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::PointInTime => "[NB8001]",
            _ => "[NB7006]",
        }
    }

    /// The field as the guard names it.
    pub(crate) fn field(self) -> &'static str {
        match self {
            Self::PointInTime => "spec.source.pointInTime",
            Self::BackupLimits | Self::RestoreLimits => "spec.options.resources.limits.memory",
            Self::BackupRequests | Self::RestoreRequests => "spec.options.resources.requests.memory",
            Self::BeforeRestore => {
                "spec.options.preRestore.job.template.container.env[name=CPUS].valueFrom.resourceFieldRef.divisor"
            }
            Self::AfterRestore => {
                "spec.options.postRestore.job.template.container.env[name=CPUS].valueFrom.resourceFieldRef.divisor"
            }
        }
    }

    /// The field as a JSON pointer.
    pub(crate) fn pointer(self) -> String {
        let path = self.field().replace("env[name=CPUS]", "env.1");
        format!("/{}", path.replace('.', "/"))
    }

    pub(crate) fn resource(self) -> &'static str {
        match self {
            Self::BackupLimits | Self::BackupRequests => "neo4jbackup",
            _ => "neo4jrestore",
        }
    }

    /// An object with the value in this place and nothing else to object to.
    pub(crate) fn object(self, name: &str, value: &Value) -> Value {
        let hook = json!({"job": {"template": {"container": {"image": "busybox", "env": [
            {"name": "PLAIN", "value": "1e1.5"},
            {"name": "CPUS", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": value}}},
        ]}}}});
        let options = match self {
            Self::PointInTime => json!({}),
            Self::BackupLimits | Self::RestoreLimits => json!({"resources": {"limits": {"cpu": 1, "memory": value}}}),
            Self::BackupRequests | Self::RestoreRequests => json!({"resources": {"requests": {"memory": value}}}),
            Self::BeforeRestore => json!({"preRestore": hook}),
            Self::AfterRestore => json!({"postRestore": hook}),
        };
        let mut object = json!({
            "apiVersion": "neo4j.neo4j.com/v1beta1",
            "kind": "Neo4jRestore",
            "metadata": {"name": name},
            "spec": {
                "instanceRef": "catalog",
                "database": "neo4j",
                "source": {"type": "backup", "backupRef": "nightly"},
                "options": options,
            },
        });
        if self == Self::PointInTime {
            object["spec"]["source"]["pointInTime"] = value.clone();
        }
        if self.resource() == "neo4jbackup" {
            object["kind"] = json!("Neo4jBackup");
            object["spec"] = json!({
                "instanceRef": "catalog",
                "allDatabases": true,
                "storage": {"type": "s3", "bucket": "acme-graph-backups"},
                "options": options,
            });
        }
        object
    }

    pub(crate) fn good_values(self) -> &'static [&'static str] {
        match self {
            Self::PointInTime => &["2025-01-15T14:30:00Z", "2025-01-15T14:30:00,5+23:59"],
            _ => &["10Gi", "1e3"],
        }
    }

    pub(crate) fn poison_values(self) -> &'static [&'static str] {
        match self {
            Self::PointInTime => &["2025-01-15T14:30:00z", "2025-01-15T14:30:00+25:00"],
            _ => &["1e1.5", "1e-2147483648"],
        }
    }
}

/// Times with every peculiarity of the schema's reader and of Go's.
pub(crate) const TIMES: &[&str] = &[
    "2025-01-15T14:30:00Z",
    "2025-01-15T14:30:00+00:00",
    "2025-01-15T14:30:00-00:00",
    "2025-01-15T14:30:00+23:59",
    "2025-01-15T14:30:00.5Z",
    "2025-01-15T14:30:00.123456789Z",
    "2025-01-15T14:30:00,5Z",
    "2025-01-15T14:30:00.1234567890123Z",
    "2025-01-15t14:30:00Z",
    "2025-01-15T14:30:00z",
    "2025-01-15t14:30:00z",
    "2025-01-15T14:30:00+25:00",
    "2025-01-15T14:30:00+99:99",
    "2025-01-15T14:30:00:5Z",
    "2025-01-15T14:30:00é5Z",
    "2025-01-15T14:30:0005Z",
    "2025-01-15T14:30:00ZT",
    "2025-01-15T14:30:00Zt and more",
    "2025-01-15T14:30:00ZT\nmore",
    "2025-01-15T14:30:00+24:00",
    "2025-01-15T14:30:00+24:01",
    "2025-01-15T14:30:00+24:60",
    "2025-01-15T14:30:00+24:61",
    "2025-01-15T14:30:00+14:60",
    "2025-01-15T14:30:00-24:60",
    "2025-01-15T4:30:00Z",
    "2025-01-15 14:30:00Z",
    "2025-01-15 14:30:00",
    "2025-01-15T14:30:00",
    "2025-01-15",
    "2025-01-15T14:30Z",
    "2025-01-15T14:30:00+0200",
    "20250115T143000Z",
    "2016-12-31T23:59:60Z",
    "2025-01-15T24:00:00Z",
    "2025-02-29T14:30:00Z",
    "2024-02-29T14:30:00Z",
    "2025-13-01T14:30:00Z",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "2025-01-15T14:30:00.Z",
    "2025-01-15T14:30:00\u{2212}02:00",
    " 2025-01-15T14:30:00Z",
    "2025-01-15T14:30:00Z\n",
    "",
    "now",
];

/// Quantities with every peculiarity of the schema's pattern and of Go's parser.
pub(crate) const QUANTITIES: &[&str] = &[
    "1",
    "1.5Gi",
    "1G",
    "1k",
    "1e3",
    "1E3",
    "1E",
    "1Ei",
    "-1E",
    ".5Gi",
    "5.",
    "500m",
    "-5Gi",
    "+5Gi",
    "10Ei",
    "1e18",
    "1e-18",
    "1e+18",
    "1e0000018",
    "1e19",
    "1e-19",
    "1e00",
    "1e1.5",
    "1E1.0",
    "1e3.",
    "1e.5",
    "1e+.5",
    "1e2147483648",
    "1e-2147483648",
    "1e99999999999",
    "1e99999999999999999999",
    "1e",
    "1e+",
    "1ei",
    "1.5.5",
    "100GB",
    "1K",
    "1gi",
    "1 Gi",
    "1_000",
    "+",
    ".",
    "Gi",
    "",
];
