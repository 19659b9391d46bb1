//! Free TCP ports on the loopback address.

use std::net::{Ipv4Addr, TcpListener};

use crate::error::HarnessError;

/// Gives `N` different ports that were free a moment ago.
///
/// Another process can take one before it is used, so callers try again when a server cannot bind.
pub(crate) fn free_ports<const N: usize>() -> Result<[u16; N], HarnessError> {
    let mut ports = [0; N];
    // All listeners stay open until every port is known, so that no port is given twice.
    let mut listeners = Vec::with_capacity(N);
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(HarnessError::io("find a free port"))?;
        *port = listener
            .local_addr()
            .map_err(HarnessError::io("find a free port"))?
            .port();
        listeners.push(listener);
    }
    Ok(ports)
}
