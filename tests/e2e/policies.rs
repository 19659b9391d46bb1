//! The policies of the rules on a real API server: that they judge as the engine does, whom they leave alone, and what
//! they cost.

mod api_client;
mod equality;
mod objects;
mod policed;
