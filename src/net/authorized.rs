//! A transport whose requests are authorised one by one, each attempt anew.

use super::{Authorize, HttpRequest, HttpResponse, Transport};
use crate::base::Result;
use futures_core::future::BoxFuture;
use std::sync::Arc;

pub struct Authorized {
    pub transport: Arc<dyn Transport>,
    pub authorize: Arc<dyn Authorize>,
}

impl Transport for Authorized {
    fn send(&self, mut request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse>> {
        Box::pin(async move {
            self.authorize.authorize(&mut request).await?;
            self.transport.send(request).await
        })
    }
}
