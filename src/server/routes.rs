//! The routes, and the checks that every request passes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::handler::Handler;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{self, MethodRouter};
use schemars::JsonSchema;
use serde_json::{Map, Value};
use tracing::Instrument as _;

use super::app::App;
use super::openapi::{JSON, LINES, Operation};
use super::wire::scorers::{BatchAnswer, BatchRow, RewardRequest, Rewards, RpcAnswer, RpcRequest};
use super::wire::space::{Demo, DemoRequest, Loop, LoopRequest};
use super::wire::tasks::{
    Health, IndexRequest, Metadata, NamedHealth, OneTask, RangeRequest, Schemas, SomeTasks, Split,
    SplitRequest, TaskCount, Tasks,
};
use super::wire::{ResetRequest, State, StepRequest, StepResponse};
use super::{answer, openapi, openenv, rpc, scorers, socket, space, taskapi};

/// A route: where it is, what answers it, and what the OpenAPI document says of it.
pub(super) struct Route {
    /// As axum reads it; `{environment}` is the environment's name.
    pub(super) path: &'static str,
    handler: MethodRouter<Arc<App>>,
    pub(super) operation: Operation,
}

fn get<T: 'static>(
    path: &'static str,
    handler: impl Handler<T, Arc<App>>,
    summary: &'static str,
    describe: impl FnOnce(Operation) -> Operation,
) -> Route {
    let operation = describe(Operation::new("get", summary));
    route(path, routing::get(handler), operation)
}

fn post<T: 'static>(
    path: &'static str,
    handler: impl Handler<T, Arc<App>>,
    summary: &'static str,
    describe: impl FnOnce(Operation) -> Operation,
) -> Route {
    let operation = describe(Operation::new("post", summary));
    route(path, routing::post(handler), operation)
}

fn route(path: &'static str, handler: MethodRouter<Arc<App>>, operation: Operation) -> Route {
    Route {
        path,
        handler,
        operation,
    }
}

/// An operation of the task API: environment or split may be unknown.
fn of_tasks<Asked: JsonSchema, Answer: JsonSchema>(operation: Operation) -> Operation {
    operation.fails(&[404]).takes::<Asked>(true).answers::<Answer>()
}

fn html(operation: Operation) -> Operation {
    operation.answers_with("text/html", openapi::text)
}

fn mesh(operation: Operation) -> Operation {
    operation.answers_with("model/stl", openapi::bytes).fails(&[404])
}

/// All routes: a new one is a line here, and its handler.
pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/health", openenv::health, "Whether the server runs", |it| {
            it.answers::<Health>()
        }),
        get(
            "/healthz",
            openenv::healthz,
            "Whether the server runs, with the environment's name",
            Operation::answers::<NamedHealth>,
        ),
        get(
            "/metadata",
            openenv::metadata,
            "Description of the environment",
            Operation::answers::<Metadata>,
        ),
        get(
            "/schema",
            openenv::schema,
            "JSON Schema of action, observation and state",
            Operation::answers::<Schemas>,
        ),
        get(
            "/state",
            openenv::state,
            "The state of a fresh environment",
            Operation::answers::<State>,
        ),
        get("/openapi.json", openapi::document, "This document", |it| {
            it.answers::<Map<String, Value>>()
        }),
        get(
            "/metrics",
            openenv::metrics,
            "Counters as Prometheus text",
            |it| it.answers_with("text/plain", openapi::text),
        ),
        post("/reset", openenv::reset, "Begin an episode", |it| {
            it.takes::<ResetRequest>(false)
                .answers::<StepResponse>()
                .fails(&[503])
        }),
        post("/step", openenv::step, "Build and score a candidate", |it| {
            it.takes::<StepRequest>(true)
                .answers::<StepResponse>()
                .fails(&[503])
        }),
        post(
            "/mcp",
            rpc::http,
            "The environment's tools as JSON-RPC 2.0; the response has the errors",
            |it| it.carries::<RpcRequest>(JSON).answers::<RpcAnswer>(),
        ),
        get(
            "/mcp",
            socket::mcp,
            "The same over a WebSocket, one message per text frame",
            Operation::upgrades,
        ),
        // Clients that open it with another method get the socket's own error.
        route(
            "/ws",
            routing::any(socket::environment),
            Operation::new("get", "OpenEnv over a WebSocket: one environment per connection").upgrades(),
        ),
        get(
            "/list_environments",
            taskapi::environments,
            "The environment's name",
            Operation::answers::<Vec<String>>,
        ),
        get(
            "/{environment}/splits",
            taskapi::splits,
            "Splits of the tasks",
            Operation::answers::<Vec<Split>>,
        ),
        post(
            "/{environment}/tasks",
            taskapi::tasks,
            "All tasks of a split",
            of_tasks::<SplitRequest, Tasks>,
        ),
        post(
            "/{environment}/num_tasks",
            taskapi::num_tasks,
            "Number of tasks of a split",
            of_tasks::<SplitRequest, TaskCount>,
        ),
        post(
            "/{environment}/task",
            taskapi::task,
            "A task by its index",
            of_tasks::<IndexRequest, OneTask>,
        ),
        post(
            "/{environment}/task_range",
            taskapi::task_range,
            "Tasks by a range of indices",
            of_tasks::<RangeRequest, SomeTasks>,
        ),
        get("/", space::page, "A page that shows a repair loop", html),
        get("/web", space::page, "The same page", html),
        post(
            "/api/space/demo",
            space::demo,
            "Score a seed or given code and store its mesh",
            |it| {
                it.takes::<DemoRequest>(false)
                    .answers::<Demo>()
                    .fails(&[404, 503])
            },
        ),
        post(
            "/api/space/repair-loop",
            space::repair_loop,
            "Run a repair loop and store its meshes",
            |it| {
                it.takes::<LoopRequest>(false)
                    .answers::<Loop>()
                    .fails(&[404, 503])
            },
        ),
        get(
            "/api/space/stl/{task_id}",
            space::demo_stl,
            "The last mesh of the demo",
            mesh,
        ),
        get(
            "/api/space/loop-stl/{task_id}",
            space::loop_stl,
            "The best mesh of the last loop",
            mesh,
        ),
        get(
            "/api/space/loop-stl/{task_id}/{step_id}",
            space::step_stl,
            "A mesh of the last loop",
            mesh,
        ),
        post(
            "/get_reward",
            scorers::get_reward,
            "Rewards of completions, in OpenRLHF's format",
            |it| it.takes::<RewardRequest>(true).answers::<Rewards>().fails(&[503]),
        ),
        post(
            "/score_batch",
            scorers::score_batch,
            "Rewards of rows, in order",
            |it| {
                it.carries::<BatchRow>(LINES)
                    .answers_as::<BatchAnswer>(LINES)
                    .fails(&[400, 408, 413])
            },
        ),
    ]
}

/// The router of all routes, behind the guard.
pub fn router(app: &Arc<App>) -> Router {
    let guarded = Arc::clone(app);
    routes()
        .into_iter()
        .fold(Router::new(), |router, route| {
            router.route(route.path, route.handler)
        })
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
    let span = tracing::debug_span!("request", method = %request.method(), route, client = %peer);
    let answer = async {
        match checked {
            Ok(()) => next.run(request).await,
            Err(refused) => {
                app.metrics.refused();
                answer::guard_error(&refused)
            }
        }
    };
    let answer = answer.instrument(span.clone()).await;
    tracing::debug!(parent: &span, status = answer.status().as_u16(), "answered");
    app.metrics
        .answered(&route, answer.status().as_u16(), start.elapsed());
    answer
}
