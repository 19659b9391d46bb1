//! A scenario of `tests/scenarios` in a namespace of its own. What the operator and people wrote is stored as it stands there;
//! Jobs, pods and events are not: the `CronJob` fires, the scheduler and the kubelet do what they do, and the program in the
//! place of neo4j-admin says what stands in the scenario's log and ends as its container did.

use std::collections::BTreeMap;

use jiff::Timestamp;
use neo4jbackup_harness::{collection, later, play};
use neo4jbackup_tests::scenario::{Log, Moved, logs};
use serde_json::{Map, Value, json};

use super::operator::{Namespace, day_before, due};
use super::stage::{IMAGE, Stage};

/// The namespace of every scenario, which is another one here.
pub(super) const GRAPH: &str = "graph";

/// The namespace of the operator, of which there is none.
const OPERATOR: &str = "neo4j-operator-system";

/// Plays a scenario.
pub(super) fn begin<'s>(stage: &'s Stage, name: &str) -> Namespace<'s> {
    let namespace = Namespace::empty(stage, name, &[]);
    let due = due();
    let moved = Moved::read(name, |made| (due.as_second() - made.as_second()).div_euclid(60));
    let logs = logs(&moved.folder);
    let mut objects: Vec<Value> = moved
        .objects
        .iter()
        .map(|object| not_after(&renamed(object, &namespace.name), Timestamp::now()))
        .collect();
    objects.retain(|object| object["metadata"]["namespace"] != OPERATOR);
    // What owns others comes before them.
    objects.sort_by_key(|object| match kind(object) {
        "PersistentVolumeClaim" | "Secret" | "ServiceAccount" => 0,
        "CronJob" => 2,
        "Job" => 3,
        _ => 1,
    });
    let parts = Parts {
        objects: &objects,
        logs: &logs,
        minutes: moved.minutes,
    };
    let mut owners = BTreeMap::new();
    let mut api = stage.api();
    for object in &objects {
        let Some(mut object) = parts.stored(object, due) else {
            continue;
        };
        if kind(&object) == "PersistentVolumeClaim" {
            provide(stage, &namespace.name, &mut object);
        }
        own(&mut object, &owners);
        play(&mut api, [object.clone()]);
        let path = format!("{}/{}", collection(&object), object_name(&object));
        let stored = api.get(&path).unwrap();
        owners.insert(
            (kind(&object).to_owned(), object_name(&object).to_owned()),
            stored["metadata"]["uid"].clone(),
        );
    }
    namespace
}

/// What of a scenario controllers and the kubelet make.
struct Parts<'o> {
    objects: &'o [Value],
    logs: &'o [Log],
    minutes: i64,
}

impl Parts<'_> {
    /// The object as it is stored; `None` for one that somebody makes here.
    fn stored(&self, object: &Value, due: Timestamp) -> Option<Value> {
        let mut object = object.clone();
        match kind(&object) {
            "Namespace" => return None,
            "Event" => {
                let of = object["involvedObject"]["kind"].as_str().unwrap_or_default();
                return of.starts_with("Neo4j").then_some(object);
            }
            "Job" => {
                let is_scheduled = owner_of(&object, "CronJob").is_some();
                if is_scheduled {
                    return None;
                }
                object["spec"] = self.job_spec(&object);
                object["status"].take();
            }
            "CronJob" => {
                let jobs = self.objects.iter().filter(|object| kind(object) == "Job");
                let mut own = jobs.filter(|job| owner_of(job, "CronJob") == Some(object_name(&object)));
                let spec = own
                    .next()
                    .map(|job| json!({"metadata": {"labels": job["metadata"]["labels"]}, "spec": self.job_spec(job)}));
                if let Some(spec) = spec {
                    object["spec"]["jobTemplate"] = spec;
                    let status = object["status"].as_object_mut().unwrap();
                    status.remove("active");
                    status.insert("lastScheduleTime".to_owned(), day_before(due).into());
                }
            }
            "Pod" => {
                let name = object_name(&object);
                let is_of_set = self.objects.iter().any(|set| {
                    kind(set) == "StatefulSet"
                        && name
                            .strip_prefix(object_name(set))
                            .is_some_and(|rest| rest.starts_with('-'))
                });
                if is_of_set || !object["metadata"]["labels"]["job-name"].is_null() {
                    return None;
                }
                let pod = object.clone();
                self.prepare(&mut object["spec"], Some(&pod));
                object["status"].take();
            }
            "StatefulSet" => drop(object["status"].take()),
            _ => {
                let metadata = object["metadata"].as_object_mut().unwrap();
                // Nobody is there to take them off.
                metadata.remove("finalizers");
            }
        }
        if object["status"].is_null() {
            object.as_object_mut().unwrap().remove("status");
        }
        Some(object)
    }

    /// The Job as its controller gets it: with what the scenario tells only of its pod. Its retries would say the same again.
    fn job_spec(&self, job: &Value) -> Value {
        let pods = self.objects.iter().filter(|object| kind(object) == "Pod");
        let mut own = pods.filter(|pod| pod["metadata"]["labels"]["job-name"] == job["metadata"]["name"]);
        let pod = own.next();
        let mut spec = job["spec"].clone();
        spec["backoffLimit"] = 0.into();
        let template = &mut spec["template"];
        if let Some(pod) = pod {
            let labels = pod["metadata"]["labels"].as_object().into_iter().flatten();
            let labels = labels.filter(|(key, _)| !key.ends_with("job-name"));
            template["metadata"]["labels"] = labels
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect::<Map<_, _>>()
                .into();
            let known = template["spec"].take();
            template["spec"] = merged(known, &pod["spec"]);
        }
        self.prepare(&mut template["spec"], pod);
        if template["spec"]["restartPolicy"].is_null() {
            template["spec"]["restartPolicy"] = "Never".into();
        }
        spec
    }

    /// Lets the containers of a pod do what is told of them.
    fn prepare(&self, spec: &mut Value, pod: Option<&Value>) {
        spec.as_object_mut().unwrap().remove("nodeName");
        spec["terminationGracePeriodSeconds"] = 1.into();
        for (list, statuses) in [
            ("initContainers", "initContainerStatuses"),
            ("containers", "containerStatuses"),
        ] {
            for container in spec[list].as_array_mut().into_iter().flatten() {
                let statuses = pod.and_then(|pod| pod["status"][statuses].as_array());
                let mut statuses = statuses.into_iter().flatten();
                let status = statuses.find(|status| status["name"] == container["name"]);
                let log = pod.and_then(|pod| self.log(object_name(pod), container["name"].as_str().unwrap()));
                prepare(container, status, log);
            }
        }
    }

    fn log(&self, pod: &str, container: &str) -> Option<&str> {
        let is_of = |log: &&Log| {
            let moved = later(&log.pod.as_str().into(), self.minutes);
            moved == pod && log.container == container
        };
        self.logs.iter().find(is_of).map(|log| &*log.text)
    }
}

/// Lets a container say what stands in its log, and end as it did.
fn prepare(container: &mut Value, status: Option<&Value>, log: Option<&str>) {
    let states = |name: &str| status.map_or(&Value::Null, |status| &status[name]);
    let waits_for_image = states("state")["waiting"]["reason"]
        .as_str()
        .is_some_and(|reason| reason.starts_with("Image") || reason.starts_with("ErrImage"));
    if waits_for_image {
        return;
    }
    container["image"] = IMAGE.into();
    container.as_object_mut().unwrap().remove("imagePullPolicy");
    // Many pods share the machine.
    container["resources"]["requests"] = json!({"cpu": "1m", "memory": "1Mi"});
    let ends = ["state", "lastState"].map(|state| states(state)["terminated"]["exitCode"].as_u64());
    let end = ends.into_iter().flatten().next();
    let is_running = !states("state")["running"].is_null();
    if log.is_none() && end.is_none() && !is_running {
        return;
    }
    let mut variables = vec![json!({"name": "STAND_IN_LOG", "value": log.unwrap_or_default()})];
    if !is_running {
        variables.push(json!({"name": "STAND_IN_EXIT", "value": end.unwrap_or_default().to_string()}));
    }
    match container["env"].as_array_mut() {
        Some(own) => own.extend(variables),
        None => container["env"] = variables.into(),
    }
}

/// The spec of a pod, with what another one says beside it.
fn merged(mut spec: Value, other: &Value) -> Value {
    for (key, value) in other.as_object().unwrap() {
        if spec[key].is_null() {
            spec[key] = value.clone();
        }
    }
    for container in spec["containers"].as_array_mut().unwrap() {
        let others = other["containers"].as_array().unwrap();
        let other = others.iter().find(|other| other["name"] == container["name"]);
        for (key, value) in other.and_then(Value::as_object).into_iter().flatten() {
            if container[key].is_null() {
                container[key] = value.clone();
            }
        }
    }
    spec
}

/// A claim that is bound in the scenario gets a volume.
fn provide(stage: &Stage, namespace: &str, claim: &mut Value) {
    let status = claim.as_object_mut().unwrap().remove("status").unwrap_or_default();
    if status["phase"] != "Bound" {
        return;
    }
    let name = object_name(claim).to_owned();
    let class = claim["spec"]["storageClassName"].clone();
    let volume =
        json!({"capacity": status["capacity"], "storageClassName": class, "accessModes": claim["spec"]["accessModes"]});
    stage.volume(namespace, &name, None, &volume);
    claim["spec"]["volumeName"] = format!("{namespace}-{name}").into();
}

/// Owners are those that are stored here; one that is not there would be a reason to remove the object.
fn own(object: &mut Value, owners: &BTreeMap<(String, String), Value>) {
    let Some(references) = object["metadata"]["ownerReferences"].as_array_mut() else {
        return;
    };
    references.retain_mut(|reference| {
        let key = (
            kind(reference).to_owned(),
            reference["name"].as_str().unwrap().to_owned(),
        );
        let uid = owners.get(&key);
        reference["uid"] = uid.cloned().unwrap_or_default();
        uid.is_some()
    });
}

fn kind(object: &Value) -> &str {
    object["kind"].as_str().unwrap_or_default()
}

fn object_name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

/// The owner of a kind.
fn owner_of<'o>(object: &'o Value, wanted: &str) -> Option<&'o str> {
    let owners = object["metadata"]["ownerReferences"].as_array().into_iter().flatten();
    let mut owners = owners.filter(|owner| kind(owner) == wanted);
    owners.next()?["name"].as_str()
}

/// The same with another name in the place of the scenarios' namespace, wherever it stands as a word.
fn renamed(value: &Value, namespace: &str) -> Value {
    texts(value, &|text| with_word(text, GRAPH, namespace))
}

/// The same with no time after `now`: what is yet to come of a run, nobody can have written.
fn not_after(value: &Value, now: Timestamp) -> Value {
    texts(value, &|text| match text.parse::<Timestamp>() {
        Ok(time) if time > now && text.ends_with('Z') => Timestamp::from_second(now.as_second()).unwrap().to_string(),
        _ => text.to_owned(),
    })
}

fn texts(value: &Value, change: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => change(text).into(),
        Value::Array(items) => items.iter().map(|item| texts(item, change)).collect(),
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| (key.clone(), texts(value, change)));
            Value::Object(members.collect())
        }
        other => other.clone(),
    }
}

/// A text with a word in the place of another one.
pub(super) fn with_word(text: &str, word: &str, other: &str) -> String {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let mut changed = String::new();
    let mut rest = text;
    while let Some(position) = rest.find(word) {
        let (before, from) = rest.split_at(position);
        let after = &from[word.len()..];
        changed.push_str(before);
        let is_word = !changed.ends_with(is_part) && !after.starts_with(is_part);
        changed.push_str(if is_word { other } else { word });
        rest = after;
    }
    changed + rest
}

#[test]
fn a_name_is_changed_where_it_stands_alone() {
    let text = "graph/prod: a graphs-graph in graph.svc, `graph`";
    let changed = with_word(text, "graph", "other");
    assert_eq!(changed, "other/prod: a graphs-graph in other.svc, `other`");
}
