// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {DidRegistry} from "../../contracts/DidRegistry.sol";
import {SchemaRegistry} from "../../contracts/SchemaRegistry.sol";
import {IAuthorization} from "../../contracts/interfaces/IAuthorization.sol";
import {ISchemaRegistry} from "../../contracts/interfaces/ISchemaRegistry.sol";
import {Erc1271Wallet} from "./Erc1271Wallet.sol";
import {vm} from "./Vm.sol";

/// @title Fuzz tests of SchemaRegistry
contract SchemaRegistryTest {
    bytes32 private constant REGISTER_TYPEHASH = keccak256(
        "RegisterSchema(uint8 kind,address issuer,string name,string version,bytes content,bool restricted,uint256 nonce,uint256 deadline)"
    );

    DidRegistry private _dids;
    SchemaRegistry private _registry;
    /// @dev In storage: the optimizer reads block.chainid anew after vm.chainId, as it is constant in a call.
    uint256 private _chain;
    address private _issuer;

    function setUp() external {
        _chain = block.chainid;
        _dids = new DidRegistry();
        _registry = new SchemaRegistry(_dids);
        _issuer = vm.addr(1);
    }

    /// @notice Any bytes as a name: accepted exactly when a plain reading of the rules accepts them.
    function testFuzz_PartIsOneSegmentOrRefused(bytes calldata noise, bool tidy) external {
        bytes memory part = tidy ? _tidied(noise) : noise;
        bool valid = part.length > 0 && part.length <= 256;
        bytes32 hash = keccak256(part);
        if (hash == keccak256(".") || hash == keccak256("..")) valid = false;
        for (uint256 i = 0; valid && i < part.length; ++i) {
            bytes1 c = part[i];
            valid = c >= 0x20 && c <= 0x7e && c != "/" && c != ":" && c != "?" && c != "#" && c != "%";
        }
        ISchemaRegistry.Registration memory schema = _schema();
        schema.name = string(part);
        vm.prank(_issuer);
        require(_call(abi.encodeCall(_registry.register, (schema))) == valid, "validity of the name");
        schema.name = "name";
        schema.version = string(part);
        vm.prank(_issuer);
        require(_call(abi.encodeCall(_registry.register, (schema))) == valid, "validity of the version");
    }

    function testFuzz_KeysOfDifferentNamesDiffer(string calldata all, uint256 first, uint256 second) external view {
        bytes calldata joined = bytes(all);
        first = first % (joined.length + 1);
        second = second % (joined.length + 1);
        vm.assume(first != second);
        bytes32 one = _key(string(joined[:first]), string(joined[first:]));
        require(one != _key(string(joined[:second]), string(joined[second:])), "ambiguous packing");
    }

    function testFuzz_HeadTellsWhatWasRegistered(bytes calldata content, bool restricted, bool anonCreds) external {
        vm.assume(content.length != 0);
        ISchemaRegistry.Registration memory schema = _schema();
        schema.content = content;
        schema.restricted = restricted;
        if (anonCreds) schema.kind = ISchemaRegistry.SchemaKind.AnonCreds;
        vm.prank(_issuer);
        ISchemaRegistry.Head memory head = _registry.head(_registry.register(schema));
        require(head.issuer == _issuer && head.active, "issuer, active");
        require(head.length == content.length && head.digest == sha256(content), "content");
        require(head.restricted == restricted && head.kind == schema.kind, "restricted, kind");
        require(head.blockNumber == block.number && head.timestamp == block.timestamp, "block");
    }

    function testFuzz_NobodySquatsForAnother(address issuer, address caller) external {
        vm.assume(issuer != caller && caller != address(0));
        ISchemaRegistry.Registration memory schema = _schema();
        schema.issuer = issuer;
        bytes32 delegateType = "schema";
        vm.expectRevert(
            abi.encodeWithSelector(IAuthorization.NotAuthorized.selector, issuer, delegateType, caller)
        );
        vm.prank(caller);
        _registry.register(schema);
    }

    function testFuzz_SignatureWorksOnceAndOnOneChain(bytes calldata content, uint64 chain, uint32 life) external {
        vm.assume(content.length != 0 && chain != _chain && chain != 0);
        ISchemaRegistry.Registration memory schema = _schema();
        schema.content = content;
        uint256 deadline = block.timestamp + life;
        bytes memory signature = _sign(1, schema, 0, deadline);
        bytes memory data = abi.encodeCall(_registry.registerSigned, (schema, deadline, _issuer, signature));

        vm.chainId(chain);
        require(!_call(data), "worked on another chain");
        vm.chainId(_chain);
        require(_call(data), "did not work");
        require(!_call(data), "worked twice");
        require(_registry.nonces(_issuer) == 1, "nonce");
    }

    function testFuzz_ASignatureIsGoodForItsNonceOnly(uint8 nonce, uint8 used) external {
        ISchemaRegistry.Registration memory schema = _schema();
        for (uint256 i = 0; i < used % 4; ++i) {
            schema.version = string(abi.encodePacked("0.", bytes1(uint8(0x30 + i))));
            require(_submit(schema, _issuer, _sign(1, schema, i, block.timestamp)), "earlier");
        }
        schema.version = "1.0";
        bool accepted = _submit(schema, _issuer, _sign(1, schema, nonce % 4, block.timestamp));
        require(accepted == (nonce % 4 == used % 4), "nonce");
    }

    function testFuzz_NoSignatureMakesNobodyASigner(bytes calldata signature) external {
        ISchemaRegistry.Registration memory schema = _schema();
        require(!_submit(schema, address(0), signature), "0x0 signed");
        schema.issuer = address(0);
        require(!_submit(schema, address(0), signature), "0x0 signed for 0x0");
        schema.issuer = _issuer;
        vm.prank(_issuer);
        _dids.changeOwner(_issuer, address(0));
        require(!_submit(schema, address(0), signature), "0x0 signed for a deactivated issuer");
    }

    function testFuzz_ContractDelegateSignsByErc1271(uint256 key, uint256 otherKey) external {
        key = 2 + (key % 1_000_000);
        otherKey = 2 + (otherKey % 1_000_000);
        vm.assume(key != otherKey);
        Erc1271Wallet wallet = new Erc1271Wallet(vm.addr(key));
        ISchemaRegistry.Registration memory schema = _schema();
        bytes memory signature = _sign(key, schema, 0, block.timestamp);
        require(!_submit(schema, address(wallet), signature), "no delegate yet");
        vm.prank(_issuer);
        _dids.addDelegate(_issuer, "schema", address(wallet), 1 days);
        require(!_submit(schema, address(wallet), _sign(otherKey, schema, 0, block.timestamp)), "another key");
        require(_submit(schema, address(wallet), signature), "refused the key of the wallet");
    }

    function _schema() private view returns (ISchemaRegistry.Registration memory) {
        return ISchemaRegistry.Registration({
            kind: ISchemaRegistry.SchemaKind.JsonSchema,
            issuer: _issuer,
            name: "name",
            version: "1.0",
            content: "{}",
            restricted: false
        });
    }

    function _key(string memory name, string memory version) private view returns (bytes32) {
        return _registry.keyOf(ISchemaRegistry.SchemaKind.JsonSchema, _issuer, name, version);
    }

    /// @dev Mostly printable ASCII out of the noise, with dots more often than others.
    function _tidied(bytes calldata noise) private pure returns (bytes memory part) {
        part = noise;
        for (uint256 i = 0; i < part.length; ++i) {
            part[i] = part[i] < 0x20 ? bytes1(".") : bytes1(0x20 + (uint8(part[i]) % 95));
        }
    }

    function _sign(
        uint256 key,
        ISchemaRegistry.Registration memory schema,
        uint256 nonce,
        uint256 deadline
    ) private view returns (bytes memory) {
        bytes32 structHash = keccak256(
            abi.encode(
                REGISTER_TYPEHASH,
                schema.kind,
                schema.issuer,
                keccak256(bytes(schema.name)),
                keccak256(bytes(schema.version)),
                keccak256(schema.content),
                schema.restricted,
                nonce,
                deadline
            )
        );
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("SchemaRegistry"),
                keccak256("1"),
                _chain,
                _registry
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(abi.encodePacked("\x19\x01", domain, structHash)));
        return abi.encodePacked(r, s, v);
    }

    function _submit(
        ISchemaRegistry.Registration memory schema,
        address signer,
        bytes memory signature
    ) private returns (bool) {
        return _call(abi.encodeCall(_registry.registerSigned, (schema, block.timestamp, signer, signature)));
    }

    function _call(bytes memory data) private returns (bool success) {
        (success, ) = address(_registry).call(data);
    }
}
