//! How far the pod of a probe has come.

use serde_json::Value;

use super::probe_job::PROBE_CONTAINER;
use crate::quoted::excerpt;

/// How far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Not to its end: what it waits for, as half a sentence.
    Waiting(String),
    /// It will not start: why, as half a sentence.
    Stuck(String),
    /// Its image is not there, or holds no such program: why, as half a sentence. It says nothing about other pods, which have
    /// images of their own.
    NoImage(String),
    /// It has ended: with which code, and for which reason.
    Ended(u64, String),
}

/// Reasons after which nothing comes by itself. A Secret may come, but nobody waits for that.
const FINAL: [&str; 2] = ["CreateContainerConfigError", "CreateContainerError"];

/// The same for reasons that are the image's. One that could not be pulled once is tried again.
const OF_IMAGE: [&str; 6] = [
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "RunContainerError",
    "StartError",
    "ContainerCannotRun",
];

/// How far a pod has come.
pub fn progress(pod: &Value) -> Progress {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let status = &pod["status"];
    let containers = status["containerStatuses"].as_array().into_iter().flatten();
    let state = containers
        .filter(|container| container["name"] == PROBE_CONTAINER)
        .map(|container| &container["state"])
        .next()
        .unwrap_or(&Value::Null);
    let said = |reason: &str, message: &str| match message {
        "" => reason.to_owned(),
        message => format!("{reason}: {}", excerpt(message)),
    };
    let ended = &state["terminated"];
    let reason = text(&ended["reason"]);
    if OF_IMAGE.contains(&&*reason) {
        return Progress::NoImage(said(&reason, &text(&ended["message"])));
    }
    if !ended.is_null() {
        return Progress::Ended(ended["exitCode"].as_u64().unwrap_or_default(), reason);
    }
    if status["phase"] == "Failed" {
        return Progress::Stuck(said(&text(&status["reason"]), &text(&status["message"])));
    }
    let waiting = &state["waiting"];
    let (reason, message) = (text(&waiting["reason"]), text(&waiting["message"]));
    if FINAL.contains(&&*reason) {
        return Progress::Stuck(said(&reason, &message));
    }
    if OF_IMAGE.contains(&&*reason) {
        return Progress::NoImage(said(&reason, &message));
    }
    let mut conditions = status["conditions"].as_array().into_iter().flatten();
    let unscheduled =
        conditions.find(|condition| condition["type"] == "PodScheduled" && condition["status"] == "False");
    if let Some(unscheduled) = unscheduled {
        let why = said(&text(&unscheduled["reason"]), &text(&unscheduled["message"]));
        return Progress::Waiting(format!("no node takes it ({why})"));
    }
    if !state["running"].is_null() {
        return Progress::Waiting("it runs and has not answered".to_owned());
    }
    match reason.as_str() {
        "" => Progress::Waiting("it has not been started".to_owned()),
        reason => Progress::Waiting(format!("it has not been started ({})", said(reason, &message))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(state: &Value) -> Progress {
        let others = json!({"name": "sidecar", "state": {"running": {}}});
        progress(
            &json!({"status": {"phase": "Pending", "containerStatuses": [others, {"name": "probe", "state": state}]}}),
        )
    }

    #[test]
    fn an_image_that_is_not_there_is_told_from_a_missing_secret() {
        let stuck = of(
            &json!({"waiting": {"reason": "CreateContainerConfigError", "message": "secret \"s3-keys\" not found"}}),
        );
        assert_eq!(
            stuck,
            Progress::Stuck("CreateContainerConfigError: `secret \"s3-keys\" not found`".to_owned())
        );
        assert_eq!(
            of(&json!({"waiting": {"reason": "ImagePullBackOff", "message": "not found"}})),
            Progress::NoImage("ImagePullBackOff: `not found`".to_owned())
        );
        assert_eq!(
            of(&json!({"terminated": {"exitCode": 128, "reason": "StartError", "message": "no such file"}})),
            Progress::NoImage("StartError: `no such file`".to_owned())
        );
        let waits = of(&json!({"waiting": {"reason": "ErrImagePull", "message": "once"}}));
        assert_eq!(
            waits,
            Progress::Waiting("it has not been started (ErrImagePull: `once`)".to_owned())
        );
        assert_eq!(
            of(&json!({"terminated": {"exitCode": 1, "reason": "Error"}})),
            Progress::Ended(1, "Error".to_owned())
        );
    }

    #[test]
    fn a_pod_that_no_node_takes_waits_and_one_that_was_evicted_does_not() {
        let pending = json!({"status": {"phase": "Pending", "conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available"},
        ]}});
        assert_eq!(
            progress(&pending),
            Progress::Waiting("no node takes it (Unschedulable: `0/1 nodes are available`)".to_owned())
        );
        let evicted = json!({"status": {"phase": "Failed", "reason": "Evicted", "message": "low on memory"}});
        assert_eq!(
            progress(&evicted),
            Progress::Stuck("Evicted: `low on memory`".to_owned())
        );
    }
}
