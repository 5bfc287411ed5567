//! Text messages, by the provider's published rules of signatures.

use super::outside::{Asked, Outside, Says, hex, hmac, parameters, sha256};
use super::support::{MINUTE, Shop};
use super::{add, channel_now, fate, open, test};
use fenliu::config::Hidden;
use serde_json::{Value, json};

const SECRET: &str = "provider's secret";

/// The signature of ACS3-HMAC-SHA256, computed from what came.
fn signature(asked: &Asked) -> String {
    let authorization = &asked.headers["authorization"];
    let names = authorization.split("SignedHeaders=").nth(1).unwrap().split(',').next().unwrap();
    for needed in ["host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"] {
        assert!(names.split(';').any(|name| name == needed), "{needed} in {names}");
    }
    let lines: String = names.split(';').map(|name| format!("{name}:{}\n", asked.headers[name].trim())).collect();
    let mut query: Vec<&str> = asked.query.split('&').collect();
    query.sort_unstable();
    let canonical = format!("POST\n{}\n{}\n{lines}\n{names}\n{}", asked.path, query.join("&"), sha256(asked.body.as_bytes()));
    hex(&hmac(SECRET.as_bytes(), format!("ACS3-HMAC-SHA256\n{}", sha256(canonical.as_bytes())).as_bytes()))
}

#[actix_web::test]
async fn a_code_to_a_phone_proves_it() {
    // SPEC: NTF-1 NTF-2
    let outside = Outside::open();
    let house = open(|config| {
        config.sms = fenliu::config::Sms {
            endpoint: outside.base.clone(),
            access_key_id: "key id".into(),
            access_key_secret: Hidden(SECRET.into()),
            sign_name: "分流 客服".into(),
            code_template: "SMS_1".into(),
            notice_template: "SMS_2".into(),
        }
    })
    .await;
    let shop = Shop::open(&house, "tea").await;
    let says = |code: &str| Says::Json(200, json!({"Code": code, "Message": "said", "RequestId": "r"}).to_string());
    outside.says([says("isv.MOBILE_NUMBER_ILLEGAL"), says("isv.BUSINESS_LIMIT_CONTROL"), says("OK")]);
    let channel = add(&shop, json!({"kind": "phone", "number": "13800138000"})).await;
    let no = test(&shop, channel).await;
    assert_eq!(fate(&shop, no, "refused").await["why"], "isv.MOBILE_NUMBER_ILLEGAL");
    house.pass_ms(MINUTE);
    let no = test(&shop, channel).await;
    super::attempts(&shop, no, 1).await;
    house.pass_ms(6_000);
    fate(&shop, no, "delivered").await;
    let asked = outside.asked();
    for one in &asked {
        assert!(one.headers["authorization"].starts_with("ACS3-HMAC-SHA256 Credential=key id,"));
        assert_eq!(one.headers["authorization"].rsplit("Signature=").next().unwrap(), signature(one));
        assert_eq!((one.headers["x-acs-action"].as_str(), one.headers["x-acs-version"].as_str()), ("SendSms", "2017-05-25"));
        let given = parameters(&one.query);
        assert_eq!((given["PhoneNumbers"].as_str(), given["SignName"].as_str()), ("13800138000", "分流 客服"));
        assert_eq!(given["TemplateCode"], "SMS_1");
    }
    assert_ne!(asked[1].headers["x-acs-signature-nonce"], asked[2].headers["x-acs-signature-nonce"]);
    let code =
        |one: &Asked| serde_json::from_str::<Value>(&parameters(&one.query)["TemplateParam"]).unwrap()["code"].as_str().unwrap().to_owned();
    assert_eq!(code(&asked[1]), code(&asked[2]), "the code stays the same from attempt to attempt");
    let (code, path) = (code(&asked[2]), format!("/v1/staff/shop/channels/{channel}/verify"));
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let refused = house.post(&path, &shop.boss, json!({"code": wrong})).await.refused(400, "invalid");
    assert!(refused.contains("4 tries are left"), "{refused}");
    house.post(&path, &shop.boss, json!({"code": code})).await.ok();
    assert_eq!(channel_now(&shop, channel).await["verified"], true);

    // What is told later takes the other template.
    house.pass_ms(MINUTE);
    let no = test(&shop, channel).await;
    outside.asked_times(4).await;
    let given = parameters(&outside.asked()[3].query);
    assert_eq!(given["TemplateCode"], "SMS_2");
    let variables: Value = serde_json::from_str(&given["TemplateParam"]).unwrap();
    assert_eq!(variables["news"], "测试通知");
    // An answer that is none of the provider's.
    super::attempts(&shop, no, 1).await;
    super::sound(&house).await;
}
