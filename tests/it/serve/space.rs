//! The routes of the demo Space.

use cadforge::geometry::TriMesh;
use serde_json::json;

use super::{BOX, BROKEN, shared};

#[test]
fn shape_routes_refuse_unknown_and_malformed_ids() {
    let server = shared();
    let ids = [
        "cable_clip_snap",
        "..%2f..%2fetc%2fpasswd",
        "%2fetc%2fpasswd",
        "..%5c..%5cwin.ini",
        "a%00b",
        "%ff",
        "no_such",
    ];
    for id in ids {
        for path in [
            format!("/api/space/stl/{id}"),
            format!("/api/space/loop-stl/{id}"),
            format!("/api/space/loop-stl/{id}/0"),
            format!("/api/space/loop-stl/caster_wheel_fork/{id}"),
        ] {
            let response = server.get(&path);
            assert!([400, 404].contains(&response.status), "{path}: {response:?}");
        }
    }
    let detail = server.get("/api/space/stl/cable_clip_snap").json();
    assert!(
        detail["detail"]
            .as_str()
            .unwrap()
            .contains("/api/space/repair-loop"),
        "{detail}"
    );
}

#[test]
fn a_loop_serves_the_shape_of_every_built_step() {
    let server = shared();
    let response = server.post(
        "/api/space/repair-loop",
        &json!({ "task_id": "caster_wheel_fork" }),
    );
    assert_eq!(response.status, 200, "{}", response.text());
    let ran = response.json();
    for key in [
        "ok",
        "task_id",
        "label",
        "prompt",
        "delta_reward",
        "steps",
        "seed",
        "final",
    ] {
        assert!(ran.get(key).is_some(), "{key}");
    }
    let steps = ran["steps"].as_array().unwrap();
    assert!(steps.len() > 2, "{ran}");
    let total = |step: &serde_json::Value| step["reward"]["total"].as_f64().unwrap();
    assert_eq!(
        ran["delta_reward"].as_f64().unwrap(),
        total(&ran["final"]) - total(&ran["seed"])
    );
    for step in steps {
        let id = step["step_id"].as_str().unwrap();
        match step["stl_url"].as_str() {
            Some(url) => {
                let stl = server.get(url);
                assert_eq!(
                    (stl.status, stl.header("content-type")),
                    (200, Some("model/stl")),
                    "{url}"
                );
                TriMesh::from_stl(&stl.body).unwrap_or_else(|error| panic!("{url}: {error}"));
            }
            None => {
                assert!(step["failure"].is_object(), "{step}");
                let response = server.get(&format!("/api/space/loop-stl/caster_wheel_fork/{id}"));
                assert_eq!(response.status, 404);
                assert!(response.text().contains("did not build"), "{}", response.text());
            }
        }
    }
    let best = server.get("/api/space/loop-stl/caster_wheel_fork");
    let same = server.get(ran["final"]["stl_url"].as_str().unwrap());
    assert_eq!((best.status, &best.body), (200, &same.body));
    assert_eq!(server.get("/api/space/loop-stl/caster_wheel_fork/99").status, 404);
}

#[test]
fn the_demo_scores_a_seed_or_submitted_code() {
    let server = shared();
    let seed = server
        .post(
            "/api/space/demo",
            &json!({ "task_id": "axial_motor_stator_12_slot" }),
        )
        .json();
    assert!(
        seed["reward"]["total"].is_number() && seed["notes"].is_array() && seed["elapsed_ms"].is_number(),
        "{seed}"
    );
    let stl = server.get(seed["stl_url"].as_str().unwrap());
    let bbox = TriMesh::from_stl(&stl.body).unwrap().bbox();
    assert!(bbox.diagonal() > 0.0);
    let request = json!({ "task_id": "axial_motor_stator_12_slot", "code": BOX });
    let sent = server.post("/api/space/demo", &request).json();
    let stl = server.get(sent["stl_url"].as_str().unwrap());
    assert_eq!(
        TriMesh::from_stl(&stl.body).unwrap().bbox().size(),
        [90.0, 80.0, 130.0]
    );
    let broken = server.post("/api/space/demo", &json!({ "code": BROKEN })).json();
    assert_eq!(
        (&broken["ok"], &broken["stl_url"], &broken["reward"]["total"]),
        (&json!(false), &json!(null), &json!(-1.0))
    );
}

#[test]
fn the_page_is_self_contained() {
    let server = shared();
    for path in ["/", "/web"] {
        let page = server.get(path);
        assert_eq!(page.status, 200);
        assert!(
            page.header("content-security-policy")
                .unwrap()
                .contains("default-src 'none'")
        );
        let text = page.text();
        for reference in ["http://", "https://", "src=\"//", "@import", "url("] {
            assert!(!text.contains(reference), "{reference}");
        }
    }
}
