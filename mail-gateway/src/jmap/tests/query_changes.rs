use base::random::{Random, Seeded};
use serde_json::{Value, json};

use super::{AN, Hub};

/// A client that applies what `Email/queryChanges` says to the list it holds (RFC 8620 §5.6).
struct Client {
    query: Value,
    state: String,
    ids: Vec<String>,
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

impl Client {
    async fn new(hub: &Hub, query: Value) -> Self {
        let answer = hub.call("Email/query", query.clone()).await;
        assert_eq!(answer["canCalculateChanges"], true);
        let state = answer["queryState"].as_str().unwrap().to_owned();
        Self { query, state, ids: strings(&answer["ids"]) }
    }

    async fn follow(&mut self, hub: &Hub) {
        let mut arguments = self.query.clone();
        arguments["sinceQueryState"] = json!(self.state);
        let answer = hub.call("Email/queryChanges", arguments).await;
        let removed = strings(&answer["removed"]);
        self.ids.retain(|id| !removed.contains(id));
        for one in answer["added"].as_array().unwrap() {
            let index = usize::try_from(one["index"].as_u64().unwrap()).unwrap();
            self.ids.insert(index, one["id"].as_str().unwrap().to_owned());
        }
        self.state = answer["newQueryState"].as_str().unwrap().to_owned();
        let fresh = hub.call("Email/query", self.query.clone()).await;
        assert_eq!(self.ids, strings(&fresh["ids"]), "{}", self.query);
        assert_eq!(answer["total"], json!(self.ids.len()));
    }
}

async fn act(hub: &Hub, random: &mut Seeded, n: u32) {
    let all = strings(&hub.call("Email/query", json!({})).await["ids"]);
    let one = all.get(usize::try_from(random.next_u32()).unwrap() % all.len().max(1)).cloned();
    let set = |update: Value| json!({ "update": { one.clone().unwrap_or_default(): update } });
    match (random.next_u32() % 10, &one) {
        (0, Some(id)) => drop(hub.call("Email/set", json!({ "destroy": [id] })).await),
        (1, Some(_)) => drop(hub.call("Email/set", set(json!({ "mailboxIds": { "archive": true } }))).await),
        (2, Some(_)) => drop(hub.call("Email/set", set(json!({ "mailboxIds": { "inbox": true } }))).await),
        (3, Some(_)) => drop(hub.call("Email/set", set(json!({ "keywords/$flagged": true }))).await),
        _ => {
            let parent = random.next_u32() % (n + 1);
            let raw = format!(
                "Message-ID: <{n}@a>\r\nIn-Reply-To: <{parent}@a>\r\nSubject: Báo cáo\r\n\r\nsố {}",
                if n.is_multiple_of(2) { "chẵn" } else { "lẻ" }
            );
            hub.deliver(AN, &raw).await;
        }
    }
}

#[tokio::test]
async fn a_list_that_follows_changes_is_the_list_asked_for_anew() {
    let hub = Hub::new().await;
    let sort = json!([{ "property": "receivedAt", "isAscending": true }]);
    let queries = [
        json!({ "calculateTotal": true }),
        json!({ "calculateTotal": true, "filter": { "inMailbox": "inbox" }, "collapseThreads": true }),
        json!({ "calculateTotal": true, "filter": { "text": "chan" }, "sort": sort }),
        json!({ "calculateTotal": true, "filter": { "someInThreadHaveKeyword": "$flagged" } }),
        json!({ "calculateTotal": true, "filter": { "inMailbox": "archive", "notKeyword": "$flagged" } }),
    ];
    let mut clients = Vec::new();
    for query in queries {
        clients.push(Client::new(&hub, query).await);
    }
    let mut random = Seeded::new(3);
    for n in 0..60 {
        act(&hub, &mut random, n).await;
        if n % 3 == 0 {
            for client in &mut clients {
                client.follow(&hub).await;
            }
        }
    }
    assert!(clients[0].ids.len() > 5, "the walk leaves something to compare");
}

#[tokio::test]
async fn limits_and_unknown_states_are_refused_by_name() {
    let hub = Hub::new().await;
    let state = hub.call("Email/query", json!({})).await["queryState"].clone();
    hub.deliver(AN, "Subject: a\r\n\r\n").await;
    let with = |extra: Value| {
        let mut all = json!({ "accountId": AN, "sinceQueryState": state });
        all.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        all
    };
    assert_eq!(hub.error("Email/queryChanges", with(json!({ "maxChanges": 1 }))).await, "tooManyChanges");
    let unknown = with(json!({ "sinceQueryState": "999" }));
    assert_eq!(hub.error("Email/queryChanges", unknown).await, "cannotCalculateChanges");
    let ranked = with(json!({ "sort": [{ "property": "relevance", "isAscending": false }] }));
    assert_eq!(hub.error("Email/queryChanges", ranked).await, "cannotCalculateChanges");
}

#[tokio::test]
async fn folders_follow_too() {
    let hub = Hub::new().await;
    let state = hub.call("Mailbox/query", json!({})).await["queryState"].clone();
    let made =
        hub.call("Mailbox/set", json!({ "create": { "a": { "name": "Lưu 2021", "sortOrder": 0 } } })).await;
    let answer = hub.call("Mailbox/queryChanges", json!({ "sinceQueryState": state })).await;
    assert_eq!(answer["added"], json!([{ "id": made["created"]["a"]["id"], "index": 0 }]));
    assert_eq!(answer["total"], 7);
}
