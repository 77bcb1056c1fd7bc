//! Description of a server: models, adapters, context length.

use serde_json::Value;

use super::address::Address;
use super::cassette::{ExchangeError, Reply, Transport, exchange};
use super::http::{Request, Timeouts};
use super::sse::error_of;
use cadforge_executor::CancelToken;

/// The models and adapters of a server.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Server {
    /// Models by the name used in requests; vLLM lists its adapters here too.
    pub models: Vec<Model>,
    /// Adapters of llama.cpp, which are chosen by number; `None` for other servers.
    pub adapters: Option<Vec<Adapter>>,
}

/// One entry of `/v1/models`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    /// The name.
    pub id: String,
    /// The model that it adapts, if it is an adapter.
    pub parent: Option<String>,
    /// Owner: `vllm`, `llamacpp`, `library` (Ollama), ….
    pub owner: String,
    /// Context length in tokens, if known.
    pub context: Option<u64>,
}

/// One entry of `/lora-adapters`.
#[derive(Clone, Debug, PartialEq)]
pub struct Adapter {
    /// Its number in requests.
    pub id: u64,
    /// Its file's name without folder and extension.
    pub name: String,
}

/// Target of requests: a model, and the scale of each llama.cpp adapter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Target {
    /// The model's name in a request.
    pub model: String,
    /// Displayed name, of the adapter if one is chosen; selects the prompt template.
    pub name: String,
    /// For llama.cpp: the scale of every adapter. An empty list would leave them unchanged.
    pub lora: Option<Vec<(u64, f64)>>,
    /// The target without the adapter, if one is chosen.
    pub base: Option<Box<Target>>,
    /// Owner of the model.
    pub owner: String,
    /// Context length in tokens, if known.
    pub context: Option<u64>,
}

impl Target {
    /// Whether the server is known to accept `chat_template_kwargs`.
    pub fn knows_thinking(&self) -> bool {
        self.lora.is_some() || ["vllm", "sglang", "llamacpp"].contains(&self.owner.as_str())
    }
}

/// Queries models and adapters of a server.
pub fn describe(
    transport: &Transport,
    address: &Address,
    key: Option<&str>,
    timeouts: Timeouts,
    cancel: &CancelToken,
) -> Result<Result<Server, Reply>, ExchangeError> {
    let get = |path: &str| {
        let request = Request {
            method: "GET",
            path,
            body: None,
            key,
        };
        exchange(transport, address, &request, timeouts, cancel, &mut |_| {})
    };
    let reply = get("/v1/models")?;
    let Some(models) = list(&reply, "data") else {
        return Ok(Err(reply));
    };
    let models = models.iter().filter_map(model).collect();
    // Only llama.cpp has this route, and responds with an array.
    let adapters = match get("/lora-adapters") {
        Ok(reply) => array(&reply).map(|entries| entries.iter().filter_map(adapter).collect()),
        Err(_) => None,
    };
    let mut server = Server { models, adapters };
    if server.adapters.is_some()
        && let Ok(reply) = get("/props")
        && let Ok(props) = serde_json::from_str::<Value>(&reply.body)
    {
        let context = props["default_generation_settings"]["n_ctx"].as_u64();
        for model in &mut server.models {
            model.context = context.or(model.context);
        }
    }
    Ok(Ok(server))
}

fn list(reply: &Reply, key: &str) -> Option<Vec<Value>> {
    let value: Value = serde_json::from_str(&reply.body).ok()?;
    if reply.status != 200 || error_of(&value).is_some() {
        return None;
    }
    value[key].as_array().cloned()
}

fn array(reply: &Reply) -> Option<Vec<Value>> {
    let value: Value = serde_json::from_str(&reply.body).ok()?;
    if reply.status == 200 {
        value.as_array().cloned()
    } else {
        None
    }
}

fn model(value: &Value) -> Option<Model> {
    Some(Model {
        id: value["id"].as_str()?.to_owned(),
        parent: value["parent"].as_str().map(str::to_owned),
        owner: value["owned_by"].as_str().unwrap_or_default().to_owned(),
        context: value["max_model_len"]
            .as_u64()
            .or_else(|| value["meta"]["n_ctx"].as_u64())
            .or_else(|| value["meta"]["n_ctx_train"].as_u64()),
    })
}

fn adapter(value: &Value) -> Option<Adapter> {
    let path = value["path"].as_str().unwrap_or_default();
    let file = path.rsplit(['/', '\\']).next().unwrap_or_default();
    Some(Adapter {
        id: value["id"].as_u64()?,
        name: file.strip_suffix(".gguf").unwrap_or(file).to_owned(),
    })
}

impl Server {
    /// Names that can be chosen, and whether each is an adapter.
    pub fn names(&self) -> Vec<(String, bool)> {
        let adapters = self.adapters.iter().flatten();
        let adapters = adapters.map(|adapter| (adapter.name.clone(), true));
        let models = self
            .models
            .iter()
            .map(|model| (model.id.clone(), model.parent.is_some()));
        models.chain(adapters).collect()
    }

    /// Finds a model or adapter by name; without a name the first adapter, else the first model.
    pub fn target(&self, name: Option<&str>) -> Result<Target, String> {
        let adapters = self.adapters.as_deref().unwrap_or_default();
        let off = || {
            adapters
                .iter()
                .map(|adapter| (adapter.id, 0.0))
                .collect::<Vec<_>>()
        };
        let plain = |model: &Model| Target {
            model: model.id.clone(),
            name: model.id.clone(),
            lora: self.adapters.is_some().then(off),
            base: None,
            owner: model.owner.clone(),
            context: model.context,
        };
        let Some(first) = self.models.first() else {
            return Err("the server has no model\nhint: load one first".to_owned());
        };
        let adapted = |adapter: &Adapter| {
            let scales = adapters
                .iter()
                .map(|other| (other.id, if other.id == adapter.id { 1.0 } else { 0.0 }));
            Target {
                lora: Some(scales.collect()),
                name: adapter.name.clone(),
                base: Some(Box::new(plain(first))),
                ..plain(first)
            }
        };
        let with_parent = |model: &Model| Target {
            base: model.parent.as_ref().and_then(|parent| {
                let base = self.models.iter().find(|other| other.id == *parent)?;
                Some(Box::new(plain(base)))
            }),
            ..plain(model)
        };
        match name {
            Some(name) => {
                if let Some(model) = self.models.iter().find(|model| model.id == name) {
                    return Ok(with_parent(model));
                }
                if let Some(adapter) = adapters
                    .iter()
                    .find(|adapter| adapter.name == name || adapter.id.to_string() == name)
                {
                    return Ok(adapted(adapter));
                }
                let known = self
                    .models
                    .iter()
                    .map(|model| model.id.as_str())
                    .chain(adapters.iter().map(|adapter| adapter.name.as_str()));
                let known: Vec<&str> = known.collect();
                Err(format!(
                    "the server has no model or adapter `{name}`\nhint: it has {}",
                    known.join(", ")
                ))
            }
            None => {
                if let Some(adapter) = adapters.first() {
                    return Ok(adapted(adapter));
                }
                let model = self
                    .models
                    .iter()
                    .find(|model| model.parent.is_some())
                    .unwrap_or(first);
                Ok(with_parent(model))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(id: &str, parent: Option<&str>) -> Model {
        Model {
            id: id.to_owned(),
            parent: parent.map(str::to_owned),
            owner: "vllm".to_owned(),
            context: Some(8192),
        }
    }

    #[test]
    fn a_vllm_adapter_is_chosen_by_name_and_has_a_base() {
        let server = Server {
            models: vec![model("base", None), model("repair", Some("base"))],
            adapters: None,
        };
        let target = server.target(None).unwrap();
        assert_eq!((target.model.as_str(), target.lora), ("repair", None));
        assert_eq!(target.base.unwrap().model, "base");
        assert_eq!(server.target(Some("base")).unwrap().base, None);
        let message = server.target(Some("other")).unwrap_err();
        assert!(
            message.contains("`other`") && message.contains("base, repair"),
            "{message}"
        );
    }

    #[test]
    fn a_llama_adapter_is_chosen_by_scales_and_its_base_has_all_at_zero() {
        let adapters = vec![
            Adapter {
                id: 0,
                name: "sft".to_owned(),
            },
            Adapter {
                id: 1,
                name: "grpo".to_owned(),
            },
        ];
        let server = Server {
            models: vec![model("m.gguf", None)],
            adapters: Some(adapters),
        };
        let target = server.target(Some("grpo")).unwrap();
        assert_eq!(target.lora.unwrap(), [(0, 0.0), (1, 1.0)]);
        assert_eq!(target.base.unwrap().lora.unwrap(), [(0, 0.0), (1, 0.0)]);
        assert_eq!(
            server.target(Some("m.gguf")).unwrap().lora.unwrap(),
            [(0, 0.0), (1, 0.0)]
        );
        assert_eq!(server.target(None).unwrap().name, "sft");
    }
}
