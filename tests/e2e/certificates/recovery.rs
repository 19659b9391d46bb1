//! Whatever is taken away, broken or jumps, the server serves again by itself.

use std::time::{Duration, Instant};

use neo4jbackup_harness::{Binaries, CertificateAuthority, ControlPlane, Options, await_within, report_progress};
use neo4jbackup_tests::crds;
use serde_json::json;

use super::calls::Calls;
use super::stage::{DEADLINE, KINDS, Stage, Timings, is_ready};
use crate::world::World;

/// Everything as slow as in a cluster but the leaf: what is repaired is not repaired because time passes quickly.
const UNHURRIED: Timings = Timings {
    authority: "24h",
    leaf: "1h",
    publish_wait: "60s",
    overlap: "1m",
    tick: "30s",
};

/// The same, with an authority that is used soon after it was published.
const SOON: Timings = Timings {
    publish_wait: "2s",
    tick: "1s",
    ..UNHURRIED
};

/// All answer, through the API server, and what is in the bundles is what the Secret says.
fn await_recovery(stage: &mut Stage<'_>, what: &str) -> Duration {
    let start = Instant::now();
    stage.await_all_ready(what);
    await_within(DEADLINE, what, || stage.create_backup());
    let took = start.elapsed();
    println!("figure: {what}: serving again after {took:?}");
    took
}

fn steps(stage: &Stage<'_>, step: &str) -> u64 {
    stage.count("tls_steps_total", &format!("step=\"{step}\""))
}

fn logged(stage: &Stage<'_>, word: &str) -> bool {
    stage.replicas.iter().any(|replica| replica.log().contains(word))
}

#[test]
fn a_secret_that_is_deleted_comes_back_with_the_same_authority_and_no_call_is_lost() {
    let mut stage = Stage::with_replicas(&World::rendered().control_plane, UNHURRIED, 3);
    let (authority, bundle) = (stage.secret_value("ca.crt").unwrap(), stage.bundle());
    let calls = Calls::start(&stage, 20);
    let path = stage.secret_path();
    stage.api.delete(&path);
    await_within(DEADLINE, "the Secret", || match stage.secret_value("ca.crt") {
        Some(found) if found == authority => Ok(()),
        other => Err(format!("{other:?}")),
    });
    await_recovery(&mut stage, "Secret deleted");
    let outcome = calls.end();
    assert!(outcome.failures.is_empty(), "{outcome:?}");
    assert_eq!(stage.bundle(), bundle);
    assert_eq!(steps(&stage, "restored"), 1);
    assert!(logged(&stage, "\"restored\""));
    let secret = stage.api.get(&path).unwrap();
    assert_eq!(
        secret["metadata"]["labels"]["app.kubernetes.io/managed-by"], "Helm",
        "helm knows its own by this"
    );
}

#[test]
fn a_secret_that_is_deleted_while_nobody_remembers_it_is_made_anew() {
    let mut stage = Stage::with_replicas(&World::rendered().control_plane, UNHURRIED, 1);
    let authority = stage.secret_value("ca.crt").unwrap();
    let port = stage.replicas[0].address().port();
    stage.replicas[0].kill();
    let path = stage.secret_path();
    stage.api.delete(&path);
    stage.replicas[0] = stage.start_replica(Some(port));
    await_recovery(&mut stage, "Secret deleted, and the only replica killed");
    assert_eq!(steps(&stage, "begun"), 1);
    let next = stage.secret_value("ca.crt").or(stage.secret_value("next.crt")).unwrap();
    assert_ne!(next, authority);
    assert_eq!(stage.bundle().len(), 2, "leaves of the old one may still be out");
}

#[test]
fn ca_bundles_that_are_wiped_or_replaced_come_back() {
    let mut stage = Stage::with_replicas(&World::rendered().control_plane, UNHURRIED, 3);
    let bundle = stage.bundle();
    let other = CertificateAuthority::new().unwrap();
    for (what, replacement) in [("caBundle wiped", ""), ("caBundle replaced", other.certificate_pem())] {
        use base64::Engine as _;
        let applied = steps(&stage, "bundle_applied");
        let replacement = base64::engine::general_purpose::STANDARD.encode(replacement);
        for kind in KINDS {
            let mut configuration = stage.configuration(kind);
            for webhook in configuration["webhooks"].as_array_mut().unwrap() {
                webhook["clientConfig"]["caBundle"] = replacement.clone().into();
            }
            let path = stage.configuration_path(kind);
            stage.api.merge(&path, &json!({"webhooks": configuration["webhooks"]}));
        }
        await_recovery(&mut stage, what);
        await_within(DEADLINE, what, || {
            let now = stage.bundle();
            if now == bundle {
                Ok(())
            } else {
                Err(format!("{} authorities", now.len()))
            }
        });
        await_within(DEADLINE, what, || match steps(&stage, "bundle_applied") {
            count if count >= applied + 2 => Ok(()),
            count => Err(format!("applied {count} times")),
        });
    }
    assert!(logged(&stage, "the caBundle was written"));
}

#[test]
fn wrong_content_of_the_secret_is_put_right_and_no_call_is_lost() {
    let mut stage = Stage::with_replicas(&World::rendered().control_plane, UNHURRIED, 3);
    let good = ["ca.crt", "ca.key"].map(|key| stage.secret_value(key).unwrap());
    let calls = Calls::start(&stage, 20);
    let other = CertificateAuthority::new().unwrap();
    let leaf = other.issue_server_certificate(&["guard"]).unwrap();
    let wrong: [(&str, [Option<&str>; 2]); 6] = [
        ("garbage", [Some("garbage"), Some("garbage")]),
        ("nothing", [None, None]),
        ("a key alone", [None, Some(&good[1])]),
        ("an authority of another key", [Some(&good[0]), Some(&leaf.key_pem)]),
        ("a leaf", [Some(&leaf.certificate_pem), Some(&leaf.key_pem)]),
        ("half a certificate", [Some(&good[0][..200]), Some(&good[1])]),
    ];
    for (number, (what, [certificate, key])) in wrong.iter().enumerate() {
        stage.set_secret(&[("ca.crt", *certificate), ("ca.key", *key)]);
        await_within(DEADLINE, what, || {
            let now = ["ca.crt", "ca.key"].map(|key| stage.secret_value(key));
            let restored = now.iter().flatten().eq(good.iter());
            if restored { Ok(()) } else { Err(format!("{:?}", now[0])) }
        });
        // The replica that wrote it counts when it has heard that it did.
        await_within(DEADLINE, what, || match steps(&stage, "restored") {
            count if count == number as u64 + 1 => Ok(()),
            count => Err(format!("restored {count} times")),
        });
    }
    await_recovery(&mut stage, "wrong content");
    let outcome = calls.end();
    assert!(outcome.failures.is_empty(), "{outcome:?}");
    assert!(logged(&stage, "is there without"), "the log says what was wrong");
}

#[test]
fn an_authority_that_nobody_has_heard_of_is_published_before_it_is_used() {
    let mut stage = Stage::with_replicas(&World::rendered().control_plane, SOON, 3);
    let mut elsewhere = Stage::with_replicas(&World::rendered().control_plane, SOON, 1);
    let foreign = ["ca.crt", "ca.key"].map(|key| elsewhere.secret_value(key).unwrap());
    let calls = Calls::start(&stage, 20);
    stage.set_secret(&[("ca.crt", Some(&foreign[0])), ("ca.key", Some(&foreign[1]))]);
    await_within(DEADLINE, "the foreign authority", || {
        let (current, next) = (stage.secret_value("ca.crt"), stage.secret_value("next.crt"));
        if current.as_ref() == Some(&foreign[0]) && next.is_none() && steps(&stage, "promoted") >= 2 {
            Ok(())
        } else {
            Err(format!("{current:?}, {next:?}"))
        }
    });
    await_recovery(&mut stage, "Secret replaced");
    let outcome = calls.end();
    assert!(outcome.failures.is_empty(), "{outcome:?}");
    assert!(steps(&stage, "adopted") >= 1);
}

#[test]
fn an_api_server_that_restarts_finds_somebody_to_call() {
    let binaries = Binaries::locate_or_build(&report_progress).unwrap();
    let mut control_plane = ControlPlane::start(&binaries, &Options::default()).unwrap();
    control_plane.install_crds(&crds::rendered()).unwrap();
    let mut stage = Stage::with_replicas(&control_plane, UNHURRIED, 2);
    stage.create_backup().unwrap();
    let (namespace, replicas, name) = (
        stage.namespace.clone(),
        std::mem::take(&mut stage.replicas),
        stage.name.clone(),
    );
    drop(stage);
    control_plane.kill_apiserver();
    // While it is away, nobody loses readiness: it must find somebody to call when it is back.
    let end = Instant::now() + Duration::from_secs(3);
    while Instant::now() < end {
        for replica in &replicas {
            is_ready(replica).unwrap();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    control_plane.start_apiserver().unwrap();
    let mut stage = Stage::again(&control_plane, UNHURRIED, namespace, name, replicas);
    let took = await_recovery(&mut stage, "API server restarted");
    assert!(took < DEADLINE);
    // They notice what changes as before.
    let before = stage.ask_for_rotation();
    await_within(DEADLINE, "the next authority", || {
        stage
            .secret_value("next.published")
            .map(drop)
            .ok_or_else(|| "not published".to_owned())
    });
    assert_eq!(stage.secret_value("ca.crt").unwrap(), before);
    stage.create_backup().unwrap();
}

/// Every clock of the cluster at once, as after a machine that slept: forth, and back again.
#[test]
fn a_jump_of_the_clock_by_a_year_brings_new_certificates() {
    let mut stage = Stage::new(&World::rendered().control_plane, SOON).with_shifted_clock();
    stage.start_replicas(3);
    stage.configure();
    stage.await_all_ready("the first start");
    for (number, years) in [1, 0, -1].into_iter().enumerate() {
        let before = stage.secret_value("ca.crt").unwrap();
        let shift = years * 366 * 24 * 3600;
        let start = Instant::now();
        stage.shift_clock(shift);
        for replica in &stage.replicas {
            await_within(
                DEADLINE,
                "a review over a connection that is believed at that time",
                || stage.call_at(replica, shift),
            );
        }
        stage.await_all_ready("a jump of the clock");
        let took = start.elapsed();
        println!("figure: clock {years} years off: serving again after {took:?}");
        assert!(took < DEADLINE);
        await_within(DEADLINE, "another authority", || match stage.secret_value("ca.crt") {
            Some(now) if now != before => Ok(()),
            other => Err(format!("{other:?}")),
        });
        assert!(steps(&stage, "begun") > number as u64 + 1);
    }
}

/// One machine is a year off. The API server says what time it is, and nothing happens at all.
#[test]
fn one_clock_that_is_wrong_disturbs_nobody() {
    let control_plane = &World::rendered().control_plane;
    let mut stage = Stage::with_replicas(control_plane, SOON, 2);
    let authority = stage.secret_value("ca.crt").unwrap();
    let wrong = stage.start_replica_with_clock_off(400 * 24 * 3600);
    stage.replicas.push(wrong);
    stage.configure();
    stage.await_all_ready("a replica whose clock is wrong");
    stage.create_backup().unwrap();
    assert_eq!(stage.secret_value("ca.crt").unwrap(), authority);
    assert_eq!(steps(&stage, "begun"), 1);
    let (_, text) = stage.replicas[2].status("/readyz").unwrap();
    assert!(text.contains("[!] clock: this machine is "), "{text}");
}
