//! A connection to the API server that can be lost.

use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use neo4jbackup_harness::Node;

/// A way to the API server from outside of the node's network, until the value is dropped.
pub(super) struct Forwarder {
    pub(super) address: String,
    connections: Arc<Mutex<Option<Vec<TcpStream>>>>,
}

impl Forwarder {
    pub(super) fn start(node: &'static Node) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("https://{}", listener.local_addr().unwrap());
        let connections = Arc::new(Mutex::new(Some(Vec::new())));
        let kept = Arc::clone(&connections);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let mut kept = kept.lock().unwrap();
                let Some(kept) = kept.as_mut() else { break };
                let server = node.connect(node.api_port()).unwrap();
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    std::thread::spawn(move || {
                        let _ = std::io::copy(&mut from, &mut to);
                        let _ = to.shutdown(Shutdown::Both);
                    });
                }
                kept.extend([client, server]);
            }
        });
        Self { address, connections }
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        for connection in self.connections.lock().unwrap().take().into_iter().flatten() {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}
