//! Certificates that the server looks after itself, on a real API server.
//!
//! Lifetimes are minutes here instead of months; everything else is the program as it is shipped. `NEO4JBACKUP_DRILLS=long`
//! runs the rotation drill at its full length.

mod calls;
mod files;
mod interruption;
mod ownership;
mod recovery;
mod rights;
mod rotation;
mod stage;
mod start;
