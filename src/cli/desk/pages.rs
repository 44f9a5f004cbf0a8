//! Words of other commands, to be read on the screen.

use super::{Office, blocking, jobs};
use crate::base::Result;
use crate::base::desk::{Page, Settings};
use crate::cli::{config, cost, doctor, hosts, policy, trust};
use crate::config::Config;
use crate::config::project;
use std::sync::Arc;

pub(super) async fn page(office: Arc<Office>, page: Page) -> Result<String> {
    match page {
        Page::Doctor => Ok(doctor::page(&office.environment).await),
        Page::Cost { session } => {
            blocking(move || cost::page(&office.environment.state_folder()?, session.as_deref())).await
        }
        Page::Trust => blocking(move || trusting(&office)).await,
        Page::Net => {
            blocking(move || {
                let root = trust::root(&office.place()).to_path_buf();
                hosts::page(&brought(&office)?.0, office.common.net.as_deref(), &root, &office.environment)
            })
            .await
        }
        Page::Jobs => blocking(move || jobs::page(&office)).await,
        Page::Policy => blocking(move || policy::page(&brought(&office)?.0, &office.environment)).await,
        Page::Config => {
            blocking(move || {
                let (config, notices) = brought(&office)?;
                Ok(config::lines(&config, &notices, &office.environment).join("\n"))
            })
            .await
        }
    }
}

/// The configuration as it counts here, and what the user should know of it.
fn brought(office: &Office) -> Result<(Config, Vec<String>)> {
    let mut config = office.configured(&Settings::default())?;
    let notices = trust::bring(&office.common, false, &office.place(), &mut config, &office.environment)?;
    Ok((config, notices))
}

fn trusting(office: &Office) -> Result<String> {
    let config = office.configured(&Settings::default())?;
    let once = office.common.trust_project.as_deref();
    let looked = project::look(trust::root(&office.place()), &config, &office.environment, once)?;
    let trouble = looked.trouble.iter().map(|error| format!("{}\n", error.message));
    Ok(trouble.chain([trust::shown(&looked)]).collect::<String>().trim_end().to_owned())
}
