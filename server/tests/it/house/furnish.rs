//! A Team, and what is in it.

use super::*;

impl Stage {
    /// A Team of this person.
    pub async fn team(&self, owner: &Cx, name: &str) -> TeamId {
        teams::create(owner, &name.parse().unwrap()).await.unwrap()
    }
}

impl House {
    /// A Team of `name` with an app, a connected seller, a gateway and a key.
    pub async fn furnished(&self, name: &str) -> Furnished {
        let owner = self.stage.person(name).await;
        let team = self.stage.team(&owner, &format!("Team of {name}")).await;
        let scope = backend::access::enter(&owner, team, Permission::ManageGateways).await.unwrap();
        let app = self.app(&owner, &scope).await;
        let connection = self.connect(&owner, &scope, app, "Shop").await;
        let gateway = self.gateway(&owner, &scope, &[connection]).await;
        let (key, secret) = self.key(&owner, &scope, gateway).await;
        Furnished { owner, scope, team, app, connection, gateway, key, secret }
    }

    pub async fn app(&self, cx: &Cx, scope: &TeamScope) -> LwaAppId {
        let known = known_app();
        let new = NewLwaApp {
            name: "Our app".parse().unwrap(),
            api: Api::SellingPartner,
            environment: Environment::Production,
            client_id: known.client_id.parse().unwrap(),
            client_secret: SecretString::from(known.client_secret),
            application_id: known.application_id.parse().ok(),
            is_draft: false,
            secret_made_at: cx.now(),
        };
        lwa_apps::create(cx, scope, new).await.unwrap()
    }

    /// An app that serves nothing.
    pub async fn spare_app(&self, of: &Furnished) -> LwaAppId {
        let new = NewLwaApp {
            name: "Spare".parse().unwrap(),
            api: Api::SellingPartner,
            environment: Environment::Production,
            client_id: format!("amzn1.application-oa2-client.{:032x}", 0x5face).parse().unwrap(),
            client_secret: SecretString::from(known_app().client_secret),
            application_id: None,
            is_draft: false,
            secret_made_at: of.owner.now(),
        };
        lwa_apps::create(&of.owner, &of.scope, new).await.unwrap()
    }

    pub async fn connect(&self, cx: &Cx, scope: &TeamScope, app: LwaAppId, name: &str) -> ConnectionId {
        let seller = known_seller();
        let new = NewConnection {
            lwa_app: app,
            name: name.parse().unwrap(),
            seller_id: seller.seller_id.parse().unwrap(),
            marketplace: Marketplace::by_code(seller.marketplaces[0]).unwrap(),
            refresh_token: SecretString::from(seller.refresh_token),
        };
        connections::create(cx, scope, new).await.unwrap()
    }

    pub async fn gateway(&self, cx: &Cx, scope: &TeamScope, connections: &[ConnectionId]) -> GatewayId {
        let all = Scopes(Scope::ALL.to_vec());
        let id =
            gateways::create(cx, scope, "orders-sync".parse().unwrap(), Environment::Production, all, Networks::default())
                .await
                .unwrap();
        gateways::set_connections(cx, scope, id, connections).await.unwrap();
        id
    }

    pub async fn key(&self, cx: &Cx, scope: &TeamScope, gateway: GatewayId) -> (GatewayKeyId, String) {
        let new = gateways::create_key(&self.stage.stepped_up(cx), scope, gateway, 90, None).await.unwrap();
        (new.key.id, reveal(&new.secret).to_owned())
    }
}
