//! An authenticator in software: makes ES256 passkeys and shows them, as honestly or dishonestly as a test wants.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;

struct Made {
    id: Vec<u8>,
    key: SigningKey,
    user: Vec<u8>,
}

/// One device with its passkeys.
pub struct Authenticator {
    made: Vec<Made>,
    /// Where the browser says it is.
    pub origin: String,
    /// What the next use is counted as; each use counts one up.
    pub counter: u32,
    /// Whether the person showed a finger or a number.
    pub verifies: bool,
}

impl Authenticator {
    pub fn at(origin: &str) -> Self {
        Self { made: Vec::new(), origin: origin.to_owned(), counter: 1, verifies: true }
    }

    /// The answer to `navigator.credentials.create`.
    pub fn create(&mut self, options: &Value) -> String {
        let asked = &options["publicKey"];
        let key = SigningKey::from_slice(&backend::random::bytes::<32>()).unwrap();
        let id = backend::random::bytes::<32>().to_vec();
        let user = B64.decode(asked["user"]["id"].as_str().unwrap()).unwrap();
        self.attest(options, Made { id, key, user })
    }

    fn attest(&mut self, options: &Value, made: Made) -> String {
        let asked = &options["publicKey"];
        let mut data = self.data(asked["rp"]["id"].as_str().unwrap(), ATTESTED);
        data.extend([0; 16]);
        data.extend((made.id.len() as u16).to_be_bytes());
        data.extend(&made.id);
        data.extend(public(&made.key));
        // A map of three: no attestation format, no statement, the data.
        let mut attestation = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59".to_vec();
        attestation.extend((data.len() as u16).to_be_bytes());
        attestation.extend(&data);
        let response = json!({
            "attestationObject": B64.encode(attestation),
            "clientDataJSON": B64.encode(self.client_data("webauthn.create", asked)),
            "transports": ["internal"],
        });
        let answer = credential(&made.id, response);
        self.made.push(made);
        self.counter += 1;
        answer
    }

    /// The newest passkey once more, as if it were new.
    pub fn again(&mut self, options: &Value) -> String {
        let made = self.made.pop().unwrap();
        self.attest(options, made)
    }

    /// The answer to `navigator.credentials.get`, by the newest passkey that is asked for.
    pub fn get(&mut self, options: &Value) -> String {
        let asked = &options["publicKey"];
        let wanted = asked["allowCredentials"].as_array().cloned().unwrap_or_default();
        let is_wanted = |made: &&Made| wanted.is_empty() || wanted.iter().any(|one| one["id"] == B64.encode(&made.id));
        let made = self.made.iter().rev().find(is_wanted).unwrap();
        let (data, client) = (self.data(asked["rpId"].as_str().unwrap(), 0), self.client_data("webauthn.get", asked));
        let signed = [data.clone(), Sha256::digest(&client).to_vec()].concat();
        let signature: Signature = made.key.sign(&signed);
        let response = json!({
            "authenticatorData": B64.encode(data),
            "clientDataJSON": B64.encode(client),
            "signature": B64.encode(signature.to_der().as_bytes()),
            "userHandle": B64.encode(&made.user),
        });
        let answer = credential(&made.id, response);
        self.counter += 1;
        answer
    }

    fn data(&self, rp: &str, flags: u8) -> Vec<u8> {
        let verified = if self.verifies { VERIFIED } else { 0 };
        let mut data = Sha256::digest(rp.as_bytes()).to_vec();
        data.push(PRESENT | verified | flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    fn client_data(&self, kind: &str, asked: &Value) -> Vec<u8> {
        let data = json!({ "type": kind, "challenge": asked["challenge"], "origin": self.origin, "crossOrigin": false });
        data.to_string().into_bytes()
    }
}

/// The public key as COSE writes it: a map of kind, algorithm, curve and the two coordinates.
fn public(key: &SigningKey) -> Vec<u8> {
    let point = key.verifying_key().to_sec1_point(false);
    let mut cose = b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20".to_vec();
    cose.extend(point.x().unwrap());
    cose.extend(b"\x22\x58\x20");
    cose.extend(point.y().unwrap());
    cose
}

fn credential(id: &[u8], response: Value) -> String {
    json!({ "id": B64.encode(id), "rawId": B64.encode(id), "type": "public-key", "extensions": {}, "response": response })
        .to_string()
}
