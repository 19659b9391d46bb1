//! The Lua that Argo CD runs health checks with.

use std::path::PathBuf;

use crate::binaries::find_or_build;
use crate::error::HarnessError;
use crate::go_build::GoProgram;
use crate::locations;

/// Takes glua, the program of that interpreter, from where [`actionlint`](crate::actionlint) is looked for, else builds it.
pub fn glua(progress: &dyn Fn(&str)) -> Result<PathBuf, HarnessError> {
    find_or_build(&GLUA, progress)
}

const GLUA: GoProgram = GoProgram {
    name: "glua",
    package: "github.com/yuin/gopher-lua/cmd/glua",
    module: locations::glua_module,
    linker_flags: "-s -w",
};
