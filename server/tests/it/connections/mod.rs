//! Connections: nothing is stored that Amazon did not prove, and nothing stays of what was disconnected.

mod ads;
mod consent;
mod disconnect;
mod health;
mod proof;
mod states;

use backend::{
    Cx,
    connections::{self, ConnectionError},
    store::connection::Connection,
};
use model::{Environments, Permission, Problem, ids::LwaAppId};
use secrecy::SecretString;
use server::simulator::known::{SELLERS, Seller};

use crate::house::{Furnished, House};

use states::act;

const PRODUCTION: Environments = Environments { production: true, sandbox: false };
const SANDBOX: Environments = Environments { production: false, sandbox: true };

/// All that a form would show of it.
fn words(error: &ConnectionError) -> String {
    let problem = Problem::from(error);
    let fields = problem.errors.iter().map(|error| error.message.clone());
    std::iter::once(problem.detail).chain(fields).collect::<Vec<_>>().join(" ")
}

/// A Team with an app and no connection.
async fn with_app(house: &House, name: &str) -> (Cx, backend::TeamScope, LwaAppId) {
    let owner = house.stage.person(name).await;
    let team = house.stage.team(&owner, "Northwind").await;
    let scope = backend::access::enter(&owner, team, Permission::ManageConnections).await.unwrap();
    let app = house.app(&owner, &scope).await;
    (owner, scope, app)
}

async fn get(of: &Furnished) -> Connection {
    connections::get(&of.owner, &of.scope, of.connection).await.unwrap()
}

fn token(text: &str) -> SecretString {
    SecretString::from(text)
}

#[test]
fn the_sellers_of_the_simulator_are_where_these_tests_need_them() {
    let places = |seller: &Seller| seller.marketplaces.join(" ");
    assert_eq!((places(&SELLERS[0]).as_str(), places(&SELLERS[1]).as_str()), ("DE FR ES UK", "US CA MX"));
}
