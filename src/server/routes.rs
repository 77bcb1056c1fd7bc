//! The routes, and the checks that every request passes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{any, get, post};

use super::{App, answer, openapi, openenv, rpc, scorers, socket, space, taskapi};

/// All routes.
pub fn router(app: &Arc<App>) -> Router {
    let guarded = Arc::clone(app);
    Router::new()
        .route("/health", get(openenv::health))
        .route("/healthz", get(openenv::healthz))
        .route("/metadata", get(openenv::metadata))
        .route("/schema", get(openenv::schema))
        .route("/state", get(openenv::state))
        .route("/reset", post(openenv::reset))
        .route("/step", post(openenv::step))
        .route("/mcp", post(rpc::http).get(socket::mcp))
        .route("/ws", any(socket::environment))
        .route("/openapi.json", get(openapi::document))
        .route("/list_environments", get(taskapi::environments))
        .route("/{environment}/splits", get(taskapi::splits))
        .route("/{environment}/tasks", post(taskapi::tasks))
        .route("/{environment}/num_tasks", post(taskapi::num_tasks))
        .route("/{environment}/task", post(taskapi::task))
        .route("/{environment}/task_range", post(taskapi::task_range))
        .route("/", get(space::page))
        .route("/web", get(space::page))
        .route("/api/space/demo", post(space::demo))
        .route("/api/space/repair-loop", post(space::repair_loop))
        .route("/api/space/stl/{task_id}", get(space::demo_stl))
        .route("/api/space/loop-stl/{task_id}", get(space::loop_stl))
        .route("/api/space/loop-stl/{task_id}/{step_id}", get(space::step_stl))
        .route("/get_reward", post(scorers::get_reward))
        .route("/score_batch", post(scorers::score_batch))
        .route("/metrics", get(openenv::metrics))
        .fallback(async || answer::problem(StatusCode::NOT_FOUND, "Not Found"))
        .method_not_allowed_fallback(async || {
            answer::problem(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
        })
        .with_state(Arc::clone(app))
        .layer(from_fn(move |request: Request, next: Next| {
            pass(Arc::clone(&guarded), request, next)
        }))
}

/// Passes a request on if the guard accepts it, and counts it.
async fn pass(app: Arc<App>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let peer = request.extensions().get::<SocketAddr>().copied();
    let peer = peer.map_or(std::net::IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED), |peer| {
        peer.ip()
    });
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("other", MatchedPath::as_str).to_owned();
    let checked = app
        .guard
        .check(peer, request.method(), request.uri().path(), request.headers());
    let answer = match checked {
        Ok(()) => next.run(request).await,
        Err(refused) => {
            app.metrics.refused();
            answer::guard_error(&refused)
        }
    };
    app.metrics
        .answered(&route, answer.status().as_u16(), start.elapsed());
    answer
}
