//! Roles, bindings and questions that chance makes, the same ones every time.

use neo4jbackup_core::rbac::evaluate::Caller;
use neo4jbackup_core::rbac::rule::{Action, ResourceAction};
use serde_json::{Value, json};

const GROUPS: [&str; 4] = ["", "batch", "apps", "neo4j.neo4j.com"];
const VERBS: [&str; 5] = ["get", "list", "create", "bind", "frob"];
const NAMES: [&str; 3] = ["a", "b", "c"];
const RESOURCES: [&str; 6] = ["pods", "jobs", "secrets", "deployments", "widgets", "log"];
const SUBRESOURCES: [&str; 4] = ["log", "exec", "scale", "status"];
const PATHS: [&str; 8] = [
    "/healthz",
    "/healthz/",
    "/healthz/etcd",
    "/metrics",
    "/metrics/slis",
    "/logs/",
    "/version",
    "/",
];
const URLS: [&str; 7] = ["/healthz", "/healthz/*", "/metrics*", "*", "/logs/", "/version", "/*"];

/// One question.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub(super) caller: Caller,
    pub(super) action: Action,
}

/// Roles and bindings that name nobody of another such world, but for groups that every account is of.
pub(super) struct World {
    seed: usize,
    namespaces: Vec<String>,
    pub(super) objects: Vec<Value>,
    /// The name of its aggregated role.
    pub(super) aggregated: String,
}

/// Numbers that look as if chance made them (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let mixed = mixed ^ (mixed >> 31);
        usize::try_from(mixed % u64::try_from(end).unwrap()).unwrap()
    }

    fn is_one_of(&mut self, end: usize) -> bool {
        self.below(end) == 0
    }

    fn of<'l, T>(&mut self, list: &'l [T]) -> &'l T {
        &list[self.below(list.len())]
    }

    /// Up to three of them, at least one; seldom `*` instead.
    fn some(&mut self, list: &[&str]) -> Vec<String> {
        if self.is_one_of(6) {
            return vec!["*".to_owned()];
        }
        let count = 1 + self.below(3);
        (0..count).map(|_| (*self.of(list)).to_owned()).collect()
    }

    fn resource(&mut self) -> String {
        let (resource, subresource) = (*self.of(&RESOURCES), *self.of(&SUBRESOURCES));
        match self.below(8) {
            0 => "*".to_owned(),
            1 => format!("*/{subresource}"),
            2 => format!("{resource}/*"),
            3 | 4 => format!("{resource}/{subresource}"),
            _ => resource.to_owned(),
        }
    }

    fn rule(&mut self) -> Value {
        let resources: Vec<String> = (0..=self.below(2)).map(|_| self.resource()).collect();
        let mut rule = json!({"apiGroups": self.some(&GROUPS), "resources": resources, "verbs": self.some(&VERBS)});
        if self.is_one_of(3) {
            rule["resourceNames"] = json!([self.of(&NAMES), self.of(&NAMES)]);
        }
        rule
    }

    /// Also paths, which only `ClusterRoles` have.
    fn cluster_rule(&mut self) -> Value {
        if self.is_one_of(3) {
            json!({"nonResourceURLs": [self.of(&URLS), self.of(&URLS)], "verbs": self.some(&VERBS)})
        } else {
            self.rule()
        }
    }
}

impl World {
    pub(super) fn new(seed: usize, namespaces: &[String]) -> Self {
        let mut chance = Chance(u64::try_from(seed).unwrap());
        let mut world = Self {
            seed,
            namespaces: namespaces.to_vec(),
            objects: Vec::new(),
            aggregated: format!("w{seed}-all"),
        };
        let rules = |chance: &mut Chance| (0..=chance.below(3)).map(|_| chance.rule()).collect::<Vec<_>>();
        for namespace in namespaces {
            for number in 0..2 {
                let rules = rules(&mut chance);
                world.add("Role", Some(namespace), &format!("r{number}"), json!({"rules": rules}));
            }
        }
        for number in 0..3 {
            let rules: Vec<Value> = (0..=chance.below(3)).map(|_| chance.cluster_rule()).collect();
            let mut content = json!({"rules": rules});
            if number > 0 {
                content["metadata"] = json!({"labels": {"into": format!("w{seed}")}});
            }
            world.add("ClusterRole", None, &format!("c{number}"), content);
        }
        let selector = json!([{"matchLabels": {"into": format!("w{seed}")}}]);
        let content = json!({"rules": [], "aggregationRule": {"clusterRoleSelectors": selector}});
        world.add("ClusterRole", None, "all", content);
        for namespace in namespaces {
            for number in 0..2 {
                let role = match chance.below(3) {
                    0 => ("ClusterRole", format!("w{seed}-c{}", chance.below(3))),
                    // Now and then one that is not there.
                    _ if chance.is_one_of(9) => ("Role", format!("w{seed}-gone")),
                    _ => ("Role", format!("w{seed}-r{}", chance.below(2))),
                };
                let subjects = world.subjects(&mut chance, true);
                world.bind("RoleBinding", Some(namespace), &format!("b{number}"), &role, &subjects);
            }
        }
        for (number, role) in ["c0", "all"].into_iter().enumerate() {
            let role = ("ClusterRole", format!("w{seed}-{role}"));
            let subjects = world.subjects(&mut chance, false);
            world.bind("ClusterRoleBinding", None, &format!("b{number}"), &role, &subjects);
        }
        world.add_of_everybody(&mut chance);
        world
    }

    /// What all accounts, those of a namespace, or everybody may do, with a resource of this world alone.
    fn add_of_everybody(&mut self, chance: &mut Chance) {
        let rules = json!([{"apiGroups": [""], "resources": [self.own_resource()], "verbs": ["get"]}]);
        self.add("ClusterRole", None, "everybody", json!({"rules": rules}));
        let namespace = chance.of(&self.namespaces).clone();
        let groups = [
            "system:serviceaccounts".to_owned(),
            format!("system:serviceaccounts:{namespace}"),
            "system:authenticated".to_owned(),
        ];
        let group = json!({"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": chance.of(&groups)});
        let role = ("ClusterRole", format!("w{}-everybody", self.seed));
        if chance.is_one_of(2) {
            self.bind("ClusterRoleBinding", None, "everybody", &role, &[group]);
        } else {
            self.bind("RoleBinding", Some(&namespace), "everybody", &role, &[group]);
        }
    }

    fn own_resource(&self) -> String {
        format!("w{}things", self.seed)
    }

    fn add(&mut self, kind: &str, namespace: Option<&str>, name: &str, content: Value) {
        let mut object = content;
        object["apiVersion"] = "rbac.authorization.k8s.io/v1".into();
        object["kind"] = kind.into();
        object["metadata"]["name"] = format!("w{}-{name}", self.seed).into();
        if let Some(namespace) = namespace {
            object["metadata"]["namespace"] = namespace.into();
        }
        self.objects.push(object);
    }

    fn bind(&mut self, kind: &str, namespace: Option<&str>, name: &str, role: &(&str, String), subjects: &[Value]) {
        let role = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": role.0, "name": role.1});
        self.add(kind, namespace, name, json!({"roleRef": role, "subjects": subjects}));
    }

    fn user(&self, number: usize) -> String {
        format!("w{}-user{number}", self.seed)
    }

    fn account(&self, number: usize) -> String {
        format!("w{}-account{number}", self.seed)
    }

    fn group(&self, number: usize) -> String {
        format!("w{}-group{number}", self.seed)
    }

    fn subjects(&self, chance: &mut Chance, is_within: bool) -> Vec<Value> {
        let of_rbac =
            |kind: &str, name: String| json!({"kind": kind, "apiGroup": "rbac.authorization.k8s.io", "name": name});
        let count = 1 + chance.below(2);
        let subject = |chance: &mut Chance| {
            let (number, namespace) = (chance.below(2), chance.of(&self.namespaces).clone());
            match chance.below(6) {
                0 => of_rbac("User", self.user(number)),
                1 => of_rbac("Group", self.group(number)),
                2 => of_rbac(
                    "User",
                    format!("system:serviceaccount:{namespace}:{}", self.account(number)),
                ),
                3 if is_within => json!({"kind": "ServiceAccount", "name": self.account(number)}),
                _ => json!({"kind": "ServiceAccount", "name": self.account(number), "namespace": namespace}),
            }
        };
        (0..count).map(|_| subject(chance)).collect()
    }

    pub(super) fn questions(&self, count: usize) -> Vec<Question> {
        let mut chance = Chance(u64::try_from(self.seed + 1_000_000).unwrap());
        (0..count).map(|_| self.question(&mut chance)).collect()
    }

    /// One that is beside the point, or one that a binding allows, or all but allows.
    fn question(&self, chance: &mut Chance) -> Question {
        let any = Question {
            caller: self.caller(chance),
            action: if chance.is_one_of(8) {
                Action::Url {
                    verb: (*chance.of(&VERBS)).to_owned(),
                    path: (*chance.of(&PATHS)).to_owned(),
                }
            } else {
                Action::Resource(self.any_action(chance))
            },
        };
        if chance.is_one_of(3) {
            return any;
        }
        let Some(mut question) = self.granted(chance, &any) else {
            return any;
        };
        match chance.below(6) {
            0 => question.caller = any.caller,
            1 => match (&mut question.action, any.action) {
                (Action::Resource(action), Action::Resource(other)) => match chance.below(5) {
                    0 => action.verb = other.verb,
                    1 => action.group = other.group,
                    2 => action.subresource = other.subresource,
                    3 => action.name = other.name,
                    _ => action.namespace = other.namespace,
                },
                (Action::Url { path, .. }, Action::Url { path: other, .. }) => *path = other,
                _ => {}
            },
            _ => {}
        }
        question
    }

    fn caller(&self, chance: &mut Chance) -> Caller {
        let number = chance.below(2);
        match chance.below(5) {
            0 => Caller {
                name: self.user(number),
                groups: vec!["system:authenticated".to_owned()],
            },
            1 => Caller {
                name: self.user(2),
                groups: vec![self.group(number), "system:authenticated".to_owned()],
            },
            _ => Caller::service_account(chance.of(&self.namespaces).as_str(), &self.account(number)),
        }
    }

    fn any_action(&self, chance: &mut Chance) -> ResourceAction {
        let mut action = ResourceAction {
            verb: (*chance.of(&VERBS)).to_owned(),
            group: (*chance.of(&GROUPS)).to_owned(),
            resource: (*chance.of(&RESOURCES)).to_owned(),
            ..ResourceAction::default()
        };
        if chance.is_one_of(3) {
            (*chance.of(&SUBRESOURCES)).clone_into(&mut action.subresource);
        }
        if chance.is_one_of(2) {
            (*chance.of(&NAMES)).clone_into(&mut action.name);
        }
        if !chance.is_one_of(4) {
            action.namespace.clone_from(chance.of(&self.namespaces));
        }
        action
    }

    /// What one of the bindings gives one of its subjects; the rest is as in another question. `None` where it gives nothing.
    fn granted(&self, chance: &mut Chance, any: &Question) -> Option<Question> {
        let is_binding = |object: &&Value| object["roleRef"].is_object();
        let bindings: Vec<&Value> = self.objects.iter().filter(is_binding).collect();
        let binding = *chance.of(&bindings);
        let namespace = binding["metadata"]["namespace"].as_str();
        let is_named = |object: &&Value| {
            let name = &object["metadata"]["name"];
            object["rules"].is_array()
                && object["kind"] == binding["roleRef"]["kind"]
                && (*name == binding["roleRef"]["name"] || binding["roleRef"]["name"] == *self.aggregated)
                && (object["kind"] == "ClusterRole" || object["metadata"]["namespace"].as_str() == namespace)
        };
        let roles: Vec<&Value> = self.objects.iter().filter(is_named).collect();
        let rules: Vec<&Value> = roles
            .iter()
            .flat_map(|role| role["rules"].as_array().unwrap())
            .collect();
        if rules.is_empty() {
            return None;
        }
        let rule = *chance.of(&rules);
        let caller = self.named(chance, subjects_of(binding), namespace, any);
        let mut text = |key: &str| {
            let list = rule[key].as_array().filter(|list| !list.is_empty())?;
            chance.of(list).as_str().filter(|text| *text != "*").map(str::to_owned)
        };
        if rule["nonResourceURLs"].is_array() {
            let verb = text("verbs").unwrap_or_else(|| "get".to_owned());
            let path = text("nonResourceURLs").unwrap_or_else(|| "/any".to_owned());
            let path = path.replace('*', "x");
            return Some(Question {
                caller,
                action: Action::Url { verb, path },
            });
        }
        let mut action = ResourceAction {
            verb: "get".to_owned(),
            resource: "pods".to_owned(),
            namespace: namespace.unwrap_or_default().to_owned(),
            ..ResourceAction::default()
        };
        if let Some(verb) = text("verbs") {
            action.verb = verb;
        }
        if let Some(group) = text("apiGroups") {
            action.group = group;
        }
        if let Some(full) = text("resources") {
            let (resource, subresource) = full.split_once('/').unwrap_or((&full, ""));
            if resource != "*" {
                resource.clone_into(&mut action.resource);
            }
            subresource.clone_into(&mut action.subresource);
        }
        if let Some(name) = text("resourceNames") {
            action.name = name;
        }
        Some(Question {
            caller,
            action: Action::Resource(action),
        })
    }

    /// Somebody whom a subject of a binding names.
    fn named(&self, chance: &mut Chance, subjects: &[Value], namespace: Option<&str>, any: &Question) -> Caller {
        let subject = chance.of(subjects);
        let name = subject["name"].as_str().unwrap();
        match subject["kind"].as_str().unwrap() {
            "User" => Caller {
                name: name.to_owned(),
                groups: vec!["system:authenticated".to_owned()],
            },
            "ServiceAccount" => {
                let own = subject["namespace"].as_str().or(namespace);
                Caller::service_account(own.unwrap_or("default"), name)
            }
            // Whoever is of a group that all accounts are of.
            _ if name.starts_with("system:") => match name.strip_prefix("system:serviceaccounts:") {
                Some(namespace) => Caller::service_account(namespace, &self.account(0)),
                None => Caller::service_account(chance.of(&self.namespaces).as_str(), &self.account(1)),
            },
            _ => Caller {
                name: any.caller.name.clone(),
                groups: vec![name.to_owned()],
            },
        }
    }
}

fn subjects_of(binding: &Value) -> &[Value] {
    binding["subjects"].as_array().unwrap()
}
