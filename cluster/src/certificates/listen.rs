//! Tells when one of the objects has changed, so that nobody has to ask all the time.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use k8s_openapi::serde::de::DeserializeOwned;
use kube::Error;
use kube::api::{Api, WatchEvent, WatchParams};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::store::CertificateStore;

/// How long one watch lasts, in seconds. A connection that died without a word is noticed after this time.
const WATCH_SECONDS: u32 = 240;

/// How long to wait before watching again. Whoever relies on this asks by itself from time to time.
const PAUSE: Duration = Duration::from_secs(5);

impl CertificateStore {
    /// Watches the Secret and the configurations, and notifies of every event, for as long as the set lives. Without the
    /// right to watch there are no notifications, which is said once and is no error: they only save waiting.
    pub fn listen(&self) -> (Arc<Notify>, JoinSet<()>) {
        let changed = Arc::new(Notify::new());
        let mut watches = JoinSet::new();
        if self.target.secret.is_some() {
            watches.spawn(listen(
                self.secrets(),
                self.secret_name().to_owned(),
                Arc::clone(&changed),
            ));
        }
        for configuration in &self.target.configurations {
            let api = self.configurations(configuration);
            watches.spawn(listen(api, configuration.name().to_owned(), Arc::clone(&changed)));
        }
        (changed, watches)
    }
}

async fn listen<K>(objects: Api<K>, name: String, changed: Arc<Notify>)
where
    K: Clone + DeserializeOwned + Debug,
{
    // One object by name, so that rights to that name are enough.
    let parameters = WatchParams::default()
        .fields(&format!("metadata.name={name}"))
        .timeout(WATCH_SECONDS);
    let mut was_told = false;
    loop {
        // From version 0 on, the first event is the object as it is: nothing between two watches goes unnoticed.
        match objects.watch_metadata(&parameters, "0").await {
            Ok(events) => {
                let mut events = std::pin::pin!(events);
                while let Some(Ok(event)) = events.next().await {
                    match event {
                        WatchEvent::Added(_) | WatchEvent::Modified(_) | WatchEvent::Deleted(_) => changed.notify_one(),
                        WatchEvent::Bookmark(_) => {}
                        WatchEvent::Error(_) => break,
                    }
                }
            }
            Err(Error::Api(status)) if status.code == 403 && !was_told => {
                was_told = true;
                tracing::warn!(
                    reason = status.message,
                    "changes by others are seen late, at the next tick"
                );
            }
            Err(_) => {}
        }
        tokio::time::sleep(PAUSE).await;
    }
}
